import { attendToImage, attendToTokens, selfAttention } from './decoder-attention.js';
import { type DecoderContext, mlpBlock, normLayer } from './decoder-layers.js';
import { attendToImageFirst, attendToTokensFirst } from './first-layer.js';
import type { Tensor } from './graph-builder.js';
import type { ImageTensors } from './image-tensors.js';
import type { DensePrompt } from './mask-prompt.js';
import { add, slice } from './ops.js';
import { densePositionEncoding } from './position-encoding.js';

const TRANSFORMER = 'mask_decoder.transformer';

export interface TransformerOutput {
  /** [B, T, channels]; of the whole transformer, the output tokens alone. */
  readonly tokens: Tensor;
  /** [B, positions, channels] */
  readonly image: Tensor;
}

/** SAM's two-way transformer (paper, appendix A, "Lightweight mask decoder"; transformer.py), for B prompts at once. */
export function twoWayTransformer(
  context: DecoderContext,
  prompt: Tensor,
  dense: DensePrompt,
  imageTensors: ImageTensors,
): TransformerOutput {
  const { graph, shape } = context;
  const encoding = densePositionEncoding(context);
  let { tokens, image } = firstLayer(context, prompt, dense, imageTensors);
  for (let index = 1; index < shape.depth; index++) {
    const layer = `${TRANSFORMER}.layers.${index}`;
    const self = selfAttention(context, add(graph, tokens, prompt), tokens, `${layer}.self_attn`);
    tokens = addAndNorm(context, tokens, self, `${layer}.norm1`);
    const encoded = add(graph, image, encoding);
    const seen = attendToImage(
      context,
      add(graph, tokens, prompt),
      image,
      encoded,
      `${layer}.cross_attn_token_to_image`,
    );
    tokens = tokenMlp(context, addAndNorm(context, tokens, seen, `${layer}.norm2`), layer);
    const given = attendToTokens(
      context,
      encoded,
      add(graph, tokens, prompt),
      tokens,
      `${layer}.cross_attn_image_to_token`,
    );
    image = addAndNorm(context, given, image, `${layer}.norm4`);
  }
  // Nothing looks at the prompt's tokens any more.
  const answers = slice(graph, tokens, 1, 0, shape.outputTokens);
  const last = attendToImage(
    context,
    add(graph, answers, slice(graph, prompt, 1, 0, shape.outputTokens)),
    image,
    add(graph, image, encoding),
    `${TRANSFORMER}.final_attn_token_to_image`,
  );
  return { tokens: addAndNorm(context, answers, last, `${TRANSFORMER}.norm_final_attn`), image };
}

/** The layer in which the tokens have no past yet and the image is the embedding plus the dense prompt. */
function firstLayer(
  context: DecoderContext,
  prompt: Tensor,
  dense: DensePrompt,
  image: ImageTensors,
): TransformerOutput {
  const { graph } = context;
  const layer = `${TRANSFORMER}.layers.0`;
  const self = selfAttention(context, prompt, prompt, `${layer}.self_attn`);
  const first = normLayer(context, self, `${layer}.norm1`);
  const seen = attendToImageFirst(
    context,
    add(graph, first, prompt),
    image,
    dense,
    `${layer}.cross_attn_token_to_image`,
  );
  const tokens = tokenMlp(context, addAndNorm(context, first, seen, `${layer}.norm2`), layer);
  const given = attendToTokensFirst(
    context,
    image,
    dense,
    add(graph, tokens, prompt),
    tokens,
    `${layer}.cross_attn_image_to_token`,
  );
  return { tokens, image: addAndNorm(context, given, image.tokens.name, `${layer}.norm4`) };
}

function tokenMlp(context: DecoderContext, tokens: Tensor, layer: string): Tensor {
  return addAndNorm(context, tokens, mlpBlock(context, tokens, `${layer}.mlp`), `${layer}.norm3`);
}

/** onnxruntime's fused form of this is slower on the CPU than the two nodes. */
function addAndNorm(context: DecoderContext, a: Tensor, b: Tensor, norm: string): Tensor {
  return normLayer(context, add(context.graph, a, b), norm);
}
