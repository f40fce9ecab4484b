import { describe, expect, it } from "vitest";
import { borrowing, floats, lasting } from "../src/pixels/borrowed";
import { Raster } from "../src/pixels/raster";

const COUNT = 1000;
const filled = (value: number): Raster => new Raster(1, COUNT, 1, floats(COUNT).fill(value));
const copied = (made: Raster): Raster => made.copy();

describe("memory that is borrowed", () => {
  it("is zeros each time, and what comes of it stays when it is borrowed again", () => {
    const first = borrowing(() => filled(1), copied);
    const second = borrowing(() => {
      expect(floats(COUNT).every((value) => value === 0)).toBe(true);
      return filled(2);
    }, copied);
    expect([first, second].map(({ data }) => data.every((value) => value === data[0]) && data[0])).toEqual([1, 2]);
    expect(first.data.buffer).not.toBe(second.data.buffer);
  });
  it("is not taken from those who borrow it round about, nor used for what lasts", () => {
    let lasted: Float32Array = new Float32Array();
    const all = borrowing(() => {
      const outer = filled(3);
      const inner = borrowing(() => filled(4), copied);
      lasted = lasting(() => floats(COUNT).fill(5));
      const later = filled(6);
      return new Raster(1, 3, 1, Float32Array.of(outer.data[9], inner.data[9], later.data[9]));
    }, copied);
    borrowing(() => filled(7), copied);
    expect([...all.data, lasted[9]]).toEqual([3, 4, 6, 5]);
  });
  it("is given back where something fails, and asked for as usual where there is too little", () => {
    expect(() =>
      borrowing(() => {
        throw new Error("this");
      }, copied),
    ).toThrow("this");
    expect(floats(COUNT).buffer.byteLength).toBe(4 * COUNT);
    const large = borrowing(() => {
      for (let i = 0; i < 20; i++) floats(1 << 20);
      return new Raster(1, 1, 1, Float32Array.of(floats(1 << 20).length));
    }, copied);
    expect(large.data[0]).toBe(1 << 20);
  });
});
