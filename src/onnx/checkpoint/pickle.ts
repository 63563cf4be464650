import { RefinerError } from '../../errors.js';
import { damagedPickle, PickleCursor } from './pickle-cursor.js';
import { OPCODES } from './pickle-opcodes.js';
import { PickleGlobal, type PickleObject, type PickleValue } from './pickle-value.js';

/** How the few things that are more than plain data become values. Both throw on what they do not know. */
export interface PickleBuilder {
  persistent(id: PickleValue): PickleObject;
  call(callee: PickleGlobal, args: readonly PickleValue[]): PickleValue;
}

/** No genuine checkpoint comes near; a crafted one is cut off here. */
const MAX_OPERATIONS = 20_000_000;
const MAX_DEPTH = 1_000_000;

const MARK = Symbol('mark');

/**
 * Reads one pickled value (protocol 2 to 4) without executing anything: opcodes outside the list, and calls of anything
 * but what `builder` knows, are refused by name. Memory is bounded by the number of opcodes, since values are shared and
 * never copied. Throws CHECKPOINT_UNSUPPORTED or CHECKPOINT_INVALID.
 */
export function readPickle(bytes: Buffer, builder: PickleBuilder): PickleValue {
  return new PickleMachine(new PickleCursor(bytes), builder).run();
}

class PickleMachine {
  private readonly stack: (PickleValue | typeof MARK)[] = [];
  private readonly memo = new Map<number, PickleValue>();

  constructor(
    private readonly cursor: PickleCursor,
    private readonly builder: PickleBuilder,
  ) {}

  run(): PickleValue {
    for (let count = 0; count < MAX_OPERATIONS; count++) {
      const opcode = this.cursor.take(1).readUInt8();
      if (opcode === OPCODES.STOP) return this.pop();
      this.step(opcode);
      if (this.stack.length > MAX_DEPTH)
        throw damagedPickle(`a stack of at most ${MAX_DEPTH}`, 'a deeper one');
    }
    throw damagedPickle(`at most ${MAX_OPERATIONS} pickle operations`, 'more');
  }

  private step(opcode: number): void {
    if (this.pushLiteral(opcode) || this.buildContainer(opcode) || this.useMemo(opcode)) return;
    switch (opcode) {
      case OPCODES.PROTO:
        this.cursor.take(1);
        return;
      case OPCODES.FRAME:
        this.cursor.take(8);
        return;
      case OPCODES.MARK:
        this.stack.push(MARK);
        return;
      case OPCODES.POP:
        this.stack.pop();
        return;
      case OPCODES.GLOBAL:
        this.stack.push(new PickleGlobal(`${this.cursor.line()}.${this.cursor.line()}`));
        return;
      case OPCODES.STACK_GLOBAL: {
        const name = this.pop();
        const module = this.pop();
        if (typeof name !== 'string' || typeof module !== 'string')
          throw damagedPickle('names of a global', 'other values');
        this.stack.push(new PickleGlobal(`${module}.${name}`));
        return;
      }
      case OPCODES.BINPERSID:
        this.stack.push(this.builder.persistent(this.pop()));
        return;
      case OPCODES.REDUCE: {
        const args = this.pop();
        const callee = this.pop();
        if (!(callee instanceof PickleGlobal) || !Array.isArray(args)) {
          throw damagedPickle('a call of a named function with a tuple', 'something else');
        }
        this.stack.push(this.builder.call(callee, args));
        return;
      }
      case OPCODES.BUILD:
        // Attributes of an object: a state dict hangs only its version metadata here, which nothing needs.
        this.pop();
        return;
      default:
        throw new RefinerError('CHECKPOINT_UNSUPPORTED', {
          where: `data.pkl, byte ${this.cursor.position - 1}`,
          expected: 'the pickle opcodes of a plain state dict',
          received: `opcode 0x${opcode.toString(16).padStart(2, '0')}`,
        });
    }
  }

  private pushLiteral(opcode: number): boolean {
    switch (opcode) {
      case OPCODES.NONE:
        return this.push(null);
      case OPCODES.NEWTRUE:
        return this.push(true);
      case OPCODES.NEWFALSE:
        return this.push(false);
      case OPCODES.BININT:
        return this.push(this.cursor.take(4).readInt32LE());
      case OPCODES.BININT1:
        return this.push(this.cursor.take(1).readUInt8());
      case OPCODES.BININT2:
        return this.push(this.cursor.take(2).readUInt16LE());
      case OPCODES.LONG1:
        return this.push(this.cursor.long());
      case OPCODES.BINFLOAT:
        return this.push(this.cursor.take(8).readDoubleBE());
      case OPCODES.BINUNICODE:
        return this.push(this.cursor.take(this.cursor.take(4).readUInt32LE()).toString('utf8'));
      case OPCODES.SHORT_BINUNICODE:
        return this.push(this.cursor.take(this.cursor.take(1).readUInt8()).toString('utf8'));
      case OPCODES.SHORT_BINSTRING:
        return this.push(this.cursor.take(this.cursor.take(1).readUInt8()).toString('latin1'));
      default:
        return false;
    }
  }

  private buildContainer(opcode: number): boolean {
    switch (opcode) {
      case OPCODES.EMPTY_DICT:
        return this.push(new Map<PickleValue, PickleValue>());
      case OPCODES.EMPTY_LIST:
      case OPCODES.EMPTY_TUPLE:
        return this.push([]);
      case OPCODES.TUPLE:
        return this.push(this.popToMark());
      case OPCODES.TUPLE1:
        return this.push(this.popSome(1));
      case OPCODES.TUPLE2:
        return this.push(this.popSome(2));
      case OPCODES.TUPLE3:
        return this.push(this.popSome(3));
      case OPCODES.APPEND:
        return this.append([this.pop()]);
      case OPCODES.APPENDS:
        return this.append(this.popToMark());
      case OPCODES.SETITEM:
        return this.setItems(this.popSome(2));
      case OPCODES.SETITEMS:
        return this.setItems(this.popToMark());
      default:
        return false;
    }
  }

  private useMemo(opcode: number): boolean {
    switch (opcode) {
      case OPCODES.BINPUT:
        return this.remember(this.cursor.take(1).readUInt8());
      case OPCODES.LONG_BINPUT:
        return this.remember(this.cursor.take(4).readUInt32LE());
      case OPCODES.MEMOIZE:
        return this.remember(this.memo.size);
      case OPCODES.BINGET:
        return this.recall(this.cursor.take(1).readUInt8());
      case OPCODES.LONG_BINGET:
        return this.recall(this.cursor.take(4).readUInt32LE());
      default:
        return false;
    }
  }

  private push(value: PickleValue): true {
    this.stack.push(value);
    return true;
  }

  private top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined || value === MARK) throw damagedPickle('a value on the stack', 'none');
    return value;
  }

  private pop(): PickleValue {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  /** The last `count` values in the order in which they were pushed. */
  private popSome(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  private popToMark(): PickleValue[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) throw damagedPickle('a mark on the stack', 'none');
    const values = this.stack.splice(mark).slice(1);
    return values.filter((value) => value !== MARK);
  }

  private append(values: readonly PickleValue[]): true {
    const list = this.top();
    if (!Array.isArray(list)) throw damagedPickle('a list to append to', 'another value');
    for (const value of values) list.push(value);
    return true;
  }

  private setItems(pairs: readonly PickleValue[]): true {
    const dict = this.top();
    if (!(dict instanceof Map) || pairs.length % 2 !== 0)
      throw damagedPickle('pairs for a dict', 'something else');
    for (let i = 0; i < pairs.length; i += 2) dict.set(pairs[i] ?? null, pairs[i + 1] ?? null);
    return true;
  }

  private remember(index: number): true {
    this.memo.set(index, this.top());
    return true;
  }

  private recall(index: number): true {
    const value = this.memo.get(index);
    if (value === undefined) throw damagedPickle('a remembered value', `none under ${index}`);
    return this.push(value);
  }
}
