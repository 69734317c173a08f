import { hueOf, initials } from "./avatar.logic";
import { cn } from "./cn";

export interface AvatarProps {
  /** Decides the colour, so that a person keeps theirs. */
  id: string;
  name: string;
  /** An image that may be shown as is (same origin or blob). */
  src?: string | null;
  size?: "md" | "lg" | "xl";
}

const sizes = {
  md: "size-8 text-[0.75rem]",
  lg: "size-9 text-[0.8125rem]",
  xl: "size-18 text-2xl",
};

/** A picture, or initials on a quiet colour. Decorative: the name stands next to it. */
export function Avatar({ id, name, src, size = "md" }: AvatarProps) {
  const shape = cn(
    "inline-grid shrink-0 select-none place-items-center overflow-hidden rounded-full font-semibold",
    sizes[size],
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
