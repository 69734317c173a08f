import { cn } from "./cn";

/** The mark: a P that is a speech bubble. */
export function LogoMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden className={cn("size-6 text-accent", className)}>
      <path
        fill="currentColor"
        fillRule="evenodd"
        d="M4 22.5V10.75a8.25 8.25 0 1 1 8.25 8.25H9.4L4 22.5Zm8.25-15.9a4.15 4.15 0 1 0 0 8.3 4.15 4.15 0 0 0 0-8.3Z"
      />
    </svg>
  );
}

/**
 * The name, drawn (from Newsreader, SIL Open Font License), so that it never waits for a font.
 * The drawing is a mask in the style sheet: it takes the text's colour and costs no JavaScript.
 */
export function Wordmark({ className }: { className?: string }) {
  return (
    <span
      role="img"
      aria-label="Parlance"
      className={cn("wordmark inline-block h-6 bg-fg forced-colors:bg-[CanvasText]", className)}
    />
  );
}
