/** WebAssembly in words, which the build makes bytes of. */
declare module "*.wat" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
