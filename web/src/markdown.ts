/** The little Markdown that lessons use, as data: headings, paragraphs, lists, code; in lines **bold**, *stress*, `code`, links. */

export type Inline = { kind: "text" | "bold" | "stress" | "code"; text: string } | { kind: "link"; text: string; to: string };
export type Block =
  | { kind: "heading"; level: number; parts: Inline[] }
  | { kind: "paragraph"; parts: Inline[] }
  | { kind: "list"; ordered: boolean; items: Inline[][] }
  | { kind: "table"; rows: Inline[][][] }
  | { kind: "code"; text: string };

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^)\s]+)\)/g;

export function inline(text: string): Inline[] {
  const parts: Inline[] = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    if (found.index > end) parts.push({ kind: "text", text: text.slice(end, found.index) });
    const [whole, code, bold, stress, name, to] = found;
    if (code !== undefined) parts.push({ kind: "code", text: code });
    else if (bold !== undefined) parts.push({ kind: "bold", text: bold });
    else if (stress !== undefined) parts.push({ kind: "stress", text: stress });
    else parts.push({ kind: "link", text: name ?? "", to: to ?? "" });
    end = found.index + whole.length;
  }
  if (end < text.length) parts.push({ kind: "text", text: text.slice(end) });
  return parts;
}

const ROW = /^\s*\|(.*)\|\s*$/;
const RULE = /^\s*\|[\s:|-]+\|\s*$/;
const ITEM = /^\s*(?:[-*]|(\d+)\.)\s+(.*)$/;

export function blocks(source: string): Block[] {
  const found: Block[] = [];
  const lines = source.split("\n");
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]!;
    const heading = /^(#{1,4})\s+(.*)$/.exec(line);
    if (line.trim() === "") at += 1;
    else if (line.startsWith("```")) {
      const end = lines.findIndex((each, index) => index > at && each.startsWith("```"));
      const last = end < 0 ? lines.length : end;
      found.push({ kind: "code", text: lines.slice(at + 1, last).join("\n") });
      at = last + 1;
    } else if (heading) {
      found.push({ kind: "heading", level: heading[1]!.length, parts: inline(heading[2]!) });
      at += 1;
    } else if (/^( {4}|\t)/.test(line)) {
      const taken = until(lines, at, (each) => !/^( {4}|\t)/.test(each) && each.trim() !== "");
      found.push({ kind: "code", text: lines.slice(at, taken).map((each) => each.replace(/^( {4}|\t)/, "")).join("\n").trimEnd() });
      at = taken;
    } else if (ROW.test(line)) {
      const taken = until(lines, at, (each) => !ROW.test(each));
      const rows = lines.slice(at, taken).filter((each) => !RULE.test(each));
      found.push({ kind: "table", rows: rows.map((row) => ROW.exec(row)![1]!.split("|").map((cell) => inline(cell.trim()))) });
      at = taken;
    } else if (ITEM.test(line)) {
      const taken = until(lines, at, (each) => each.trim() === "");
      const items: string[] = [];
      for (const each of lines.slice(at, taken)) {
        const item = ITEM.exec(each);
        if (item) items.push(item[2]!);
        else items[items.length - 1] += ` ${each.trim()}`;
      }
      found.push({ kind: "list", ordered: /^\s*\d/.test(line), items: items.map(inline) });
      at = taken;
    } else {
      const taken = until(lines, at, (each) => each.trim() === "" || each.startsWith("```") || /^#{1,4}\s/.test(each) || ITEM.test(each) || ROW.test(each));
      found.push({ kind: "paragraph", parts: inline(lines.slice(at, taken).map((each) => each.trim()).join(" ")) });
      at = taken;
    }
  }
  return found;
}

function until(lines: string[], from: number, stops: (line: string) => boolean): number {
  const end = lines.findIndex((line, index) => index > from && stops(line));
  return end < 0 ? lines.length : end;
}
