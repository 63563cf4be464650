interface Stranger {
  readonly what: string;
  /** A tensor name that only this kind of model has. */
  readonly sign: RegExp;
}

/**
 * Models that are taken for SAM but are built otherwise, by the names their official code gives to tensors. More
 * particular signs come first: HQ-SAM 2 has all the names of SAM 2.
 */
const STRANGERS: readonly Stranger[] = [
  { what: 'HQ-SAM 2', sign: /^sam_mask_decoder\.hf_token\./ },
  { what: 'SAM 3', sign: /^(detector|tracker)\./ },
  { what: 'SAM 2 (Hiera encoder)', sign: /^(image_encoder\.trunk|sam_mask_decoder|memory_attention)\./ },
  { what: "Hugging Face's layout of SAM", sign: /^(vision_encoder\.|shared_image_embedding\.)/ },
  { what: 'EfficientViT-SAM', sign: /^image_encoder\.backbone\./ },
  { what: 'EdgeSAM or RepViT-SAM', sign: /^image_encoder\.(features|rep_vit|stem|stages)\./ },
  {
    what: 'EfficientSAM',
    sign: /^(prompt_encoder\.point_embeddings\.weight|mask_decoder\.output_hypernetworks_mlps\.\d+\.layers\.\d+\.0\.)/,
  },
  { what: 'FastSAM or another YOLO', sign: /^model\.\d+\.(conv|cv\d)\./ },
  { what: 'the new layers of HQ-SAM alone, without SAM', sign: /^(hf_token|hf_mlp|embedding_maskfeature)\./ },
  { what: 'a mask decoder alone', sign: /^(iou_token|mask_tokens|output_upscaling)\./ },
  { what: 'an image classifier', sign: /^(cls_token$|blocks\.|layers\.|head\.|fc\.)/ },
];

/** What a state dict without SAM's layout is, as far as its names tell; undefined when they do not. */
export function strangerAmong(names: Iterable<string>): string | undefined {
  const all = [...names];
  return STRANGERS.find(({ sign }) => all.some((name) => sign.test(name)))?.what;
}
