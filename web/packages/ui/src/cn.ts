import { clsx, type ClassValue } from "clsx";

/** Joins class names; falsy ones drop out. Variants are written so that classes never contradict. */
export function cn(...values: ClassValue[]): string {
  return clsx(values);
}
