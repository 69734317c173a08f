import { CopyButton } from "@/lib/copy-button";

/** A text to take elsewhere. */
export function ShownText({ name, text, button }: { name: string; text: string; button: string }) {
  return (
    <div>
      <p className="mb-1 text-sm font-medium">{name}</p>
      <div className="flex items-center gap-2 rounded-md border border-line bg-surface py-1 ps-3 pe-1">
        <code className="min-w-0 flex-1 truncate text-[0.8125rem]" title={text}>
          {text}
        </code>
        <CopyButton text={() => text} label={button} />
      </div>
    </div>
  );
}
