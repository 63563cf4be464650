/**
 * The library: refine masks in your own program. Open a model pack, decode an image, refine any number of masks.
 *
 * ```ts
 * const model = await openModelByName('lite', { threads: 0 });
 * const image = await decodeImage(await readFile('photo.jpg'), { orientation: 'exif', maxPixels: 1e8 });
 * const options = optionsFor(model.pack.manifest.defaults);
 * const [verdict] = await refineInScene([{ mask: rough, guidance: null }], sceneOf(model, image), options);
 * await model.close();
 * ```
 */
export { RefinerError, ERROR_CATALOGUE, type ErrorCode, type ErrorFacts } from './errors.js';
export type { Box, Frame, Mask, Point, Size } from './refiner/types.js';
export type { Candidates, Decoder, FeatureGrid, FramePrompt, PointLabel } from './refiner/engine.js';
export type { AcceptOptions, PresetName, PromptOptions, RefineOptions } from './refiner/options.js';
export type { Figures, KeptReason, Verdict } from './refiner/verdict.js';
export { PRESETS } from './refiner/presets.js';
export { refineGuidedMasks, refineMasks } from './refiner/refine.js';
export type { GuidedMask } from './refiner/rounds.js';
export { refineInScene, segmentInScene } from './refiner/refine-scene.js';
export type { Scene } from './refiner/scene.js';
export { segment } from './refiner/segment.js';
export type { GuideBox, PixelGuidance } from './refiner/guidance.js';
export { refineSemanticMasks } from './refiner/semantic.js';
export { splitThenMerge } from './refiner/split-merge.js';
export { areaPx, emptyMask, isEmpty, maskFromBitmap, maskToBitmap } from './refiner/mask.js';
export { boundaryIou, cumulativeIou, iou, meanBoundaryAccuracy } from './refiner/metrics.js';
export { polygonize, polygonizeAll } from './refiner/polygonize.js';
export type { OutputForm, RefinedShape, RoughShape } from './formats/rough-shape.js';
export { guidanceInPixels, type Guidance } from './formats/guidance.js';
export { shapeToMask } from './formats/shape-to-mask.js';
export { maskToShape } from './formats/mask-to-shape.js';
export { decodeBrushRle, encodeBrushRle } from './formats/label-studio-rle.js';
export { decodeCocoRle, encodeCocoRle } from './formats/coco-rle.js';
export { decodeMaskImage, encodeMaskPng } from './formats/mask-image.js';
export { decodeImage, type RgbImage } from './onnx/decode-image.js';
export { loadPack, type Pack } from './onnx/pack.js';
export { sceneOf } from './onnx/scene-of.js';
export { openModel, type Embedding, type Model } from './onnx/model.js';
export { optionsFor, type ChosenOptions } from './onnx/options-for.js';
export { openModelByName } from './onnx/open-model-by-name.js';
