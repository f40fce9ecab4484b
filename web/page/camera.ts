/** The camera's frames, each with the look on it, as fast as they can be made. */

import type { FaceFx, Look } from "../src/index";

/** Frames are at most so wide and high. */
const SIZE = { width: { ideal: 640 }, height: { ideal: 360 } };
/** So many are asked for ahead, so that the worker need not wait for the page; milliseconds from one to the next, as of a camera. */
const AHEAD = 2;
const SPACING = 1000 / 30;

export class Camera {
  readonly video = document.createElement("video");
  private isRunning = true;
  private times: number[] = [];
  private due = 0;

  private constructor(private readonly stream: MediaStream) {
    this.video.srcObject = stream;
    this.video.muted = true;
    this.video.playsInline = true;
  }

  /** Ask for the camera. Fails as `getUserMedia` does where there is none, or it may not be used. */
  static async open(): Promise<Camera> {
    const camera = new Camera(await navigator.mediaDevices.getUserMedia({ video: { ...SIZE, facingMode: "user" }, audio: false }));
    await camera.video.play();
    return camera;
  }

  /** Show frames until it is stopped; `look` is asked for each anew. While one is shown the next ones are worked on. */
  async run(facefx: FaceFx, look: () => Look, shown: (frame: ImageData, perSecond: number) => Promise<void>): Promise<void> {
    const coming = Array.from({ length: AHEAD }, () => this.taken(facefx, look));
    for (const one of coming) one.catch(() => undefined); // of several that fail the first one is told
    while (this.isRunning) {
      const { pixels } = await (coming.shift() as (typeof coming)[number]);
      if (!this.isRunning) return;
      const next = this.taken(facefx, look);
      next.catch(() => undefined);
      coming.push(next);
      this.times = [...this.times.slice(-30), performance.now()];
      const span = (this.times[this.times.length - 1] - this.times[0]) / 1000;
      await shown(pixels, span ? (this.times.length - 1) / span : 0);
      await new Promise(requestAnimationFrame);
    }
  }

  /** The next frame, with the look on it. */
  private async taken(facefx: FaceFx, look: () => Look): ReturnType<FaceFx["frame"]> {
    const now = performance.now();
    this.due = Math.max(this.due + SPACING, now);
    if (this.due > now) await new Promise((resolve) => setTimeout(resolve, this.due - now));
    return facefx.frame(this.video, look());
  }

  /** The frame that is seen now, as it came. */
  still(): Promise<ImageBitmap> {
    return createImageBitmap(this.video);
  }

  stop(): void {
    this.isRunning = false;
    for (const track of this.stream.getTracks()) track.stop();
  }
}
