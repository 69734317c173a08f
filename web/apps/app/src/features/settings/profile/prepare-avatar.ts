import { AVATAR_SIDE, centredSquare } from "./image.logic";

/** A square webp (or png, where webp can't be written) of `AVATAR_SIDE` pixels. Rejects what isn't an image. */
export async function prepareAvatar(file: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  try {
    const { x, y, side } = centredSquare(bitmap.width, bitmap.height);
    const target = Math.min(AVATAR_SIDE, side);
    const canvas = document.createElement("canvas");
    canvas.width = target;
    canvas.height = target;
    const context = canvas.getContext("2d");
    if (!context) throw new Error("No 2D canvas.");
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, x, y, side, side, 0, 0, target, target);
    return await new Promise<Blob>((resolve, reject) => {
      canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error("The canvas gave no image."))),
        "image/webp",
        0.9,
      );
    });
  } finally {
    bitmap.close();
  }
}
