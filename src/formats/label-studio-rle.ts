export { decodeBrushRle } from './decode-brush-rle.js';
export { encodeBrushRle } from './encode-brush-rle.js';
