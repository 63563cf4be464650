import type { Services } from '../services.js';
import { compileSchema } from '../validate.js';
import { cvatVersion, isAtLeast } from './cvat-version.js';
import type { CvatFunction, FunctionCall } from './functions.js';
import { foundObjects, maskAnswer, shapesAnswer } from './interactor-answer.js';
import {
  CLICKS_CALL_SCHEMA,
  type ClicksCall,
  pointedAt,
  SCRIPT_CALL_SCHEMA,
  type ScriptCall,
} from './interactor-call.js';
import { refineAnswer, shapeRequests } from './refine-call.js';
import { imageRefiner } from './refine-image.js';

/** Members of a call by which it is known without a name. */
const MEMBERS = ['pos_points', 'neg_points', 'obj_bbox'] as const;

/**
 * `samrefiner-interactor`: new masks from points and boxes, for CVAT's own "AI tools" panel (protocol note, section
 * 3.2). Below version 2 CVAT's browser disables an interactor; a negative number of negative points would switch those
 * off; without positive points a box may come alone.
 */
export function interactorFunction(services: Services): CvatFunction {
  const { config } = services;
  const checkClicks = compileSchema<ClicksCall>(CLICKS_CALL_SCHEMA);
  const checkScript = compileSchema<ScriptCall>(SCRIPT_CALL_SCHEMA);
  const images = imageRefiner(services);
  const outline = { minIou: config.polygonMinIou, maxVertices: config.polygonMaxVertices };
  const annotations = {
    name: 'SAMRefiner (points and box)',
    type: 'interactor',
    spec: '',
    version: '2',
    min_pos_points: '0',
    min_neg_points: '0',
    startswith_box_optional: 'true',
    help_message: 'Draw a box around the object or click inside it; clicks with the right button take away',
  };

  async function answerClicks(call: FunctionCall): Promise<unknown> {
    const checked = checkClicks(call.body);
    const shapes = pointedAt(checked).map((guidance) => ({
      shape: null,
      guidance,
      semantic: false,
      output: { kind: 'cvat-mask', outline } as const,
      madeFor: null,
    }));
    const { image, outcomes } = await images.refine(await images.decode(checked.image), shapes, call);
    const objects = foundObjects(outcomes);
    return takesShapes(call) ? shapesAnswer(objects) : maskAnswer(objects, image);
  }

  /** The way for scripts on servers whose trackers take no masks: CVAT hands `pos_points` on as they are. */
  async function answerScript(call: FunctionCall): Promise<unknown> {
    const { image, pos_points: points } = checkScript(call.body);
    const asked = { image, shapes: points.refine };
    const shapes = shapeRequests(asked, { kind: 'polygon', ...outline });
    const { outcomes } = await images.refine(await images.decode(image), shapes, call);
    return { refined: refineAnswer(asked, outcomes).shapes };
  }

  function takesShapes({ userAgent }: FunctionCall): boolean {
    const version = cvatVersion(userAgent);
    return version !== null && config.cvatShapesSince !== null && isAtLeast(version, config.cvatShapesSince);
  }

  return {
    name: 'samrefiner-interactor',
    description: 'Segments what points and boxes show',
    annotations: () => Promise.resolve(annotations),
    takes: (members) => MEMBERS.some((member) => members.has(member)),
    answer: (call) => (isScriptCall(call.body) ? answerScript(call) : answerClicks(call)),
  };
}

function isScriptCall(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || !('pos_points' in body)) return false;
  const { pos_points: points } = body;
  return typeof points === 'object' && points !== null && !Array.isArray(points);
}
