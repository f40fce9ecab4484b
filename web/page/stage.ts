/** The picture on the page: before, after, or one beside the other. */

import { $ } from "./dom";

export type Drawable = ImageBitmap | HTMLVideoElement;

export class Stage {
  private readonly view = $<HTMLCanvasElement>("view");
  private readonly split = $<HTMLInputElement>("split");
  private before: Drawable | null = null;
  private after: ImageBitmap | null = null;
  private isBefore = false;

  constructor() {
    this.split.addEventListener("input", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.view);
  }

  /** Show a picture, and nothing of the one before. */
  show(before: Drawable): void {
    this.before = before;
    this.after = null;
    this.draw();
  }

  /** Show what was made of it. */
  async edit(made: ImageData | null): Promise<void> {
    this.after = made && (await createImageBitmap(made));
    this.draw();
  }

  set comparing(isOn: boolean) {
    this.split.hidden = !isOn;
    $("tags").hidden = !isOn;
    this.draw();
  }

  get comparing(): boolean {
    return !this.split.hidden;
  }

  /** Show the picture as it came, as long as a key is held. */
  set bare(isOn: boolean) {
    this.isBefore = isOn;
    this.draw();
  }

  private draw(): void {
    const { before, view } = this;
    if (!before) return;
    const [width, height] = before instanceof ImageBitmap ? [before.width, before.height] : [before.videoWidth, before.videoHeight];
    if (view.width !== width || view.height !== height) Object.assign(view, { width, height });
    const context = view.getContext("2d");
    if (!context || !width) return;
    context.clearRect(0, 0, width, height);
    context.drawImage(this.isBefore || !this.after ? before : this.after, 0, 0);
    if (!this.comparing || this.isBefore || !this.after) return;
    // The slider is as wide as the stage, the picture as it fits in there.
    const scale = Math.min(view.clientWidth / width, view.clientHeight / height);
    const left = (view.clientWidth - width * scale) / 2;
    const edge = Math.round(((Number(this.split.value) / 1000) * view.clientWidth - left) / scale);
    if (edge > 0) {
      context.save();
      context.beginPath();
      context.rect(0, 0, edge, height);
      context.clip();
      context.clearRect(0, 0, edge, height);
      context.drawImage(before, 0, 0);
      context.restore();
    }
  }
}
