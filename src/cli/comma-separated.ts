/** The parts of an option's list, without the spaces around them; empty parts are dropped. */
export function commaSeparated(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
