import type { FitDecision } from '../backend/fit/fit-report.js';
import type { PromptKind } from '../fit/prompt-kind.js';
import { figuresText } from './adapter-text.js';

/** What came of learning from a source, in words. */
export function decisionText(decision: FitDecision, project: string, prompt: PromptKind): string {
  const { model, data, figures } = decision;
  const { images, training, heldOut, corrected, leftOut, skipped } = data;
  const about = `${model}: ${training} masks to learn from and ${heldOut} held out, of ${images} images, prompt ${prompt}`;
  const lines = [
    about,
    ...(corrected > 0 ? [`${corrected} of them correct a mask of ours`] : []),
    ...Object.entries(leftOut).map(([reason, count]) => `${count} masks are left out: ${reason}`),
    ...skipped.first.map(({ image, reason }) => `${image} is left out: ${reason}`),
  ];
  const more = skipped.count - skipped.first.length;
  if (more > 0) lines.push(`${more} more images are left out`);
  return [lines.join('\n'), ...(figures ? [figuresText(figures)] : []), outcome(decision, project)].join(
    '\n\n',
  );
}

function outcome(decision: FitDecision, project: string): string {
  if (decision.status === 'refused') {
    return `refused (${decision.reason}): ${decision.detail}; nothing was kept`;
  }
  if (decision.version === null) return 'accepted, but not kept: this was a dry run';
  return `accepted: version ${decision.version} of ${project} is in use`;
}
