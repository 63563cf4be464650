import assert from 'node:assert/strict';
import test from 'node:test';
import {
  noteOfKept,
  noteOfRefined,
  noteOfUnrefined,
  withNote,
} from '../../../src/backend/label-studio/region-note.js';

const FIGURES = { agreementIou: 0.808, predictedIou: 0.926, stability: 0.95, rounds: 2 };

test('a refined region is as good as the model says, and says so in one line', () => {
  assert.deepEqual(noteOfRefined(FIGURES), {
    score: 0.926 * 0.95,
    text: 'SAMRefiner: refined, predicted IoU 0.93, agreement 0.81',
  });
  assert.equal(noteOfRefined({ ...FIGURES, predictedIou: 1.04, stability: 1 }).score, 1);
  assert.equal(noteOfRefined({ ...FIGURES, predictedIou: NaN }).score, 0);
});

test('a kept region is doubtful: it scores below every mask of the model that it disagrees with', () => {
  const figures = { ...FIGURES, agreementIou: 0.3 };
  assert.deepEqual(noteOfKept({ status: 'kept', reason: 'disagrees', figures }), {
    score: 0.3 * 0.926 * 0.95,
    text: 'SAMRefiner: kept, the refined mask disagrees with it, agreement 0.30',
  });
  const low = { ...FIGURES, predictedIou: 0.4 };
  assert.deepEqual(noteOfKept({ status: 'kept', reason: 'low-predicted-iou', figures: low }), {
    score: 0.808 * 0.4 * 0.95,
    text: 'SAMRefiner: kept, the model has little trust in its own mask, predicted IoU 0.40',
  });
  const unsure = { ...FIGURES, stability: 0.6 };
  assert.deepEqual(noteOfKept({ status: 'kept', reason: 'unstable', figures: unsure }), {
    score: 0.808 * (0.926 * 0.6),
    text: 'SAMRefiner: kept, the outline of the refined mask is unsure, stability 0.60',
  });
  for (const reason of ['empty', 'too-small', 'too-thin'] as const) {
    const { score, text } = noteOfKept({ status: 'kept', reason, figures: null });
    assert.equal(score, 0);
    assert.match(text, /^SAMRefiner: kept, the mask is /);
  }
  const failed = {
    status: 'failed',
    reason: 'IMAGE_SIZE_MISMATCH',
    detail: 'Made for another image.',
  } as const;
  assert.deepEqual(noteOfKept(failed), { score: 0, text: 'SAMRefiner: kept, made for another image' });
});

test('a note comes behind what a person wrote, in the form it was written in', () => {
  const note = noteOfUnrefined('it is so');
  const { text } = note;
  assert.deepEqual(withNote({ id: 'a' }, note), { id: 'a', meta: { text: [text] } });
  assert.deepEqual(withNote({ meta: { text: ['x'], k: 1 } }, note)['meta'], { text: ['x', text], k: 1 });
  assert.deepEqual(withNote({ meta: { text: 'x\ny' } }, note)['meta'], { text: `x\ny\n${text}` });
  assert.deepEqual(withNote({ meta: null }, note)['meta'], { text: [text] });
});

test('an earlier note is replaced, and a meta of another form is left alone', () => {
  const [early, late] = [noteOfUnrefined('early'), noteOfUnrefined('late')];
  for (const meta of [{}, { text: ['x'] }, { text: 'x' }, { text: '' }]) {
    assert.deepEqual(withNote(withNote({ meta }, early), late), withNote({ meta }, late));
  }
  for (const meta of ['text', 5, ['x'], { text: 5 }, { text: ['x', 5] }, { text: {} }]) {
    assert.deepEqual(withNote({ meta }, late), { meta });
  }
});
