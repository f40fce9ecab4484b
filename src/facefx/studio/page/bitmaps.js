// Pictures that came from the server, as the page draws them.

export const image = (blob) => createImageBitmap(blob);

// Fill a square with a picture: with what lies about the face, or about its upper third where there is none.
export function cover(canvas, bitmap, face = null) {
  const scale = Math.max(canvas.width / bitmap.width, canvas.height / bitmap.height), width = bitmap.width * scale, height = bitmap.height * scale;
  const held = (most, wanted) => Math.max(most, Math.min(0, wanted));
  const left = face ? held(canvas.width - width, canvas.width / 2 - scale * (face.x0 + face.x1) / 2) : (canvas.width - width) / 2;
  const top = face ? held(canvas.height - height, canvas.height / 2 - scale * (face.y0 + face.y1) / 2) : (canvas.height - height) / 3;
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, left, top, width, height);
}
