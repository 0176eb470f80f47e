/** What stands in a file, as it may stand in a message. */

/**
 * Text from a file as it may stand in a message: quoted, control and direction characters escaped, at most 80 long,
 * so that a hostile name can neither write to the terminal nor hide the message.
 */
export function quote(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return JSON.stringify(short).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Any JSON value as it may stand in a message. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return quote(value);
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch {
    return 'a value nested too deeply to show';
  }
  // Long lists are cut, and nothing that a terminal would act on is let through.
  return quote(text).slice(1, -1).replaceAll('\\"', '"');
}
