/**
 * Preparing a picture for the profile. The server takes png, jpeg, webp or gif up to 1 MiB; a photo
 * straight from a phone is larger, so it is cut to a centred square and made small here.
 */
export const AVATAR_TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"] as const;
export const AVATAR_MAX_BYTES = 1024 * 1024;
export const AVATAR_SIDE = 384;

export interface Crop {
  x: number;
  y: number;
  side: number;
}

/** The largest centred square of an image, in its own pixels. */
export function centredSquare(width: number, height: number): Crop {
  const side = Math.min(width, height);
  return { x: Math.floor((width - side) / 2), y: Math.floor((height - side) / 2), side };
}

export function isAvatarType(type: string): boolean {
  return AVATAR_TYPES.some((known) => known === type);
}
