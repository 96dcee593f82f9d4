/** Where a slash opens a regular expression and not a division: behind these, or behind a keyword. */
const BEFORE_PATTERN = /(?:^|[(,=:[!&|?{;+*%~^-]|=>|\b(?:return|typeof|case|of|in))\s*$/;

/**
 * TypeScript with comments, strings and patterns turned into spaces, line for line, so that a rule about code does
 * not stumble over words. Code inside `${…}` stays. Not a parser: text between JSX tags is taken for code, and a
 * quote in it ends with its line.
 */
export function blank(text: string): string {
  const out =
    [...text].length === text.length ? text.split("") : Array.from({ length: text.length }, (_, i) => text.charAt(i));
  /** For each open template, how many braces are open inside its `${`. */
  const templates: number[] = [];
  let at = 0;
  const skipTo = (end: number): void => {
    for (; at < end && at < text.length; at++) if (text[at] !== "\n") out[at] = " ";
  };
  while (at < text.length) {
    const here = text[at];
    const next = text[at + 1];
    const depth = templates.at(-1);
    if (here === "/" && next === "/") skipTo(orEnd(text.indexOf("\n", at), text));
    else if (here === "/" && next === "*") skipTo(orEnd(text.indexOf("*/", at + 2), text) + 2);
    else if (here === '"' || here === "'") skipTo(endOfQuoted(text, at, here));
    else if (here === "/" && BEFORE_PATTERN.test(text.slice(text.lastIndexOf("\n", at - 1) + 1, at)))
      skipTo(endOfPattern(text, at));
    else if (here === "`" || (here === "}" && depth === 0)) {
      if (here === "}") templates.pop();
      const end = endOfTemplatePart(text, at + 1);
      if (text[end - 1] === "{") templates.push(0);
      skipTo(end);
    } else {
      if (here === "{" && depth !== undefined) templates[templates.length - 1] = depth + 1;
      if (here === "}" && depth !== undefined) templates[templates.length - 1] = depth - 1;
      at++;
    }
  }
  return out.join("");
}

const orEnd = (found: number, text: string): number => (found < 0 ? text.length : found);

function endOfQuoted(text: string, from: number, quote: string): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === quote) return at + 1;
    else if (text[at] === "\n") return at;
  }
  return text.length;
}

function endOfPattern(text: string, from: number): number {
  let inClass = false;
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "[") inClass = true;
    else if (text[at] === "]") inClass = false;
    else if (text[at] === "\n")
      return from + 1; // no pattern after all
    else if (text[at] === "/" && !inClass) return at + 1;
  }
  return from + 1;
}

/** Past the closing backtick, or past the `${` that opens code. */
function endOfTemplatePart(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "`") return at + 1;
    else if (text[at] === "$" && text[at + 1] === "{") return at + 2;
  }
  return text.length;
}
