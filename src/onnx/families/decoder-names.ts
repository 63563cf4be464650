const AFFINE = '(weight|bias)';
const ATTENTION = `(self_attn|cross_attn_token_to_image|cross_attn_image_to_token)\\.[qkv]_proj`;

/** The prompt encoder and mask decoder of SAM (segment_anything/modeling/). */
const SAM_NAMES = new RegExp(
  `^(${[
    'prompt_encoder\\.pe_layer\\.positional_encoding_gaussian_matrix',
    'prompt_encoder\\.(point_embeddings\\.[0-3]|not_a_point_embed|no_mask_embed)\\.weight',
    `prompt_encoder\\.mask_downscaling\\.[01346]\\.${AFFINE}`,
    'mask_decoder\\.(iou_token|mask_tokens)\\.weight',
    `mask_decoder\\.transformer\\.layers\\.\\d+\\.(${ATTENTION}|norm[1-4]|mlp\\.lin[12])\\.${AFFINE}`,
    `mask_decoder\\.transformer\\.layers\\.\\d+\\.[a-z_]+\\.out_proj\\.${AFFINE}`,
    `mask_decoder\\.transformer\\.final_attn_token_to_image\\.([qkv]|out)_proj\\.${AFFINE}`,
    `mask_decoder\\.transformer\\.norm_final_attn\\.${AFFINE}`,
    `mask_decoder\\.output_upscaling\\.[013]\\.${AFFINE}`,
    `mask_decoder\\.output_hypernetworks_mlps\\.\\d+\\.layers\\.[0-2]\\.${AFFINE}`,
    `mask_decoder\\.iou_prediction_head\\.layers\\.[0-2]\\.${AFFINE}`,
    'pixel_(mean|std)',
  ].join('|')})$`,
);

/** What HQ-SAM adds (segment_anything/modeling/mask_decoder_hq.py). */
const HQ_NAMES = new RegExp(
  `^mask_decoder\\.(${[
    'hf_token\\.weight',
    `hf_mlp\\.layers\\.[0-2]\\.${AFFINE}`,
    `(compress_vit_feat|embedding_encoder|embedding_maskfeature)\\.[013]\\.${AFFINE}`,
  ].join('|')})$`,
);

/** Whether a tensor of that name belongs to SAM's prompt encoder or mask decoder, or to what HQ-SAM adds to it. */
export function isDecoderName(name: string, hq: boolean): boolean {
  return SAM_NAMES.test(name) || (hq && HQ_NAMES.test(name));
}
