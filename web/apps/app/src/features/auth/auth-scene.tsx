import { useLingui } from "@lingui/react/macro";

/** A quiet picture of a conversation beside the forms, on wide screens. Decorative. */
export function AuthScene() {
  const { t } = useLingui();
  return (
    <div
      aria-hidden
      className="relative m-3 hidden overflow-hidden rounded-2xl border border-line bg-sidebar lg:grid lg:place-items-center"
    >
      <svg className="absolute inset-0 size-full text-line" role="presentation">
        <defs>
          <pattern id="scene-dots" width="22" height="22" patternUnits="userSpaceOnUse">
            <circle cx="1.5" cy="1.5" r="1" fill="currentColor" />
          </pattern>
        </defs>
        <rect width="100%" height="100%" fill="url(#scene-dots)" />
      </svg>
      <div className="relative w-[min(30rem,80%)] space-y-5">
        <p className="ms-auto w-fit max-w-[85%] rounded-2xl rounded-br-sm bg-bubble px-4.5 py-3 shadow-sm">
          {t`How did people speak before there were words?`}
        </p>
        <div className="rounded-2xl rounded-bl-sm border border-line bg-surface px-5.5 py-5 shadow-md">
          <p className="font-display text-[1.375rem] leading-snug">
            {t`With hands, faces and song. Meaning came first; words were the shortcut.`}
          </p>
          <div className="mt-4 space-y-2.5">
            <div className="h-2 w-full rounded-full bg-active" />
            <div className="h-2 w-11/12 rounded-full bg-active" />
            <div className="flex items-center gap-1.5">
              <div className="h-2 w-2/5 rounded-full bg-active" />
              <div className="size-2.5 animate-breathe rounded-full bg-accent" />
            </div>
          </div>
        </div>
      </div>
    </div>
  );
}
