/** A name that the pickle refers to; data, never looked up or imported. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleObject;

/** What the reader's owner made of a persistent id or of a call. */
export class PickleObject {
  constructor(readonly value: unknown) {}
}
