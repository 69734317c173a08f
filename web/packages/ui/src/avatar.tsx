import { hueOf, initials } from "./avatar.logic";
import { cn } from "./cn";

export interface AvatarProps {
  /** Decides the colour, so that a person keeps theirs. */
  id: string;
  name: string;
  /** An image that may be shown as is (same origin or blob). */
  src?: string | null;
  square?: boolean;
  className?: string;
}

/** A picture, or initials on a quiet colour. Decorative: the name stands next to it. */
export function Avatar({ id, name, src, square, className }: AvatarProps) {
  const shape = cn(
    "inline-grid size-8 shrink-0 select-none place-items-center overflow-hidden text-[0.75rem] font-semibold",
    square ? "rounded-md" : "rounded-full",
    className,
  );
  if (src) return <img src={src} alt="" className={cn(shape, "object-cover")} />;
  const hue = hueOf(id);
  return (
    <span
      aria-hidden
      className={shape}
      style={{
        background: `light-dark(oklch(0.9 0.045 ${hue}), oklch(0.37 0.055 ${hue}))`,
        color: `light-dark(oklch(0.4 0.085 ${hue}), oklch(0.91 0.05 ${hue}))`,
      }}
    >
      {initials(name)}
    </span>
  );
}
