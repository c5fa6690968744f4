/** Markdown on the page: every word is a text node, links lead to places of this page only. */

import { useMemo } from "preact/hooks";

import { blocks, type Block, type Inline } from "../markdown";

export function Markdown({ source }: { source: string }) {
  const found = useMemo(() => blocks(source), [source]);
  return (
    <>
      {found.map((block, index) => (
        <Shown key={index} block={block} />
      ))}
    </>
  );
}

function Shown({ block }: { block: Block }) {
  if (block.kind === "code")
    return (
      <pre tabIndex={0}>
        <code>{block.text}</code>
      </pre>
    );
  if (block.kind === "table")
    return (
      <div class="scroll" tabIndex={0} role="group" aria-label="Table">
        <table>
          <thead>
            <tr>
              {block.rows[0]?.map((cell, place) => (
                <th key={place} scope="col">
                  <Parts parts={cell} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {block.rows.slice(1).map((row, index) => (
              <tr key={index}>
                {row.map((cell, place) => (
                  <td key={place}>
                    <Parts parts={cell} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    );
  if (block.kind === "paragraph")
    return (
      <p>
        <Parts parts={block.parts} />
      </p>
    );
  if (block.kind === "heading")
    return block.level < 3 ? (
      <h2>
        <Parts parts={block.parts} />
      </h2>
    ) : (
      <h3>
        <Parts parts={block.parts} />
      </h3>
    );
  const List = block.ordered ? "ol" : "ul";
  return (
    <List>
      {block.items.map((item, index) => (
        <li key={index}>
          <Parts parts={item} />
        </li>
      ))}
    </List>
  );
}

function Parts({ parts }: { parts: Inline[] }) {
  return (
    <>
      {parts.map((part, index) => {
        if (part.kind === "code") return <code key={index}>{part.text}</code>;
        if (part.kind === "bold") return <strong key={index}>{part.text}</strong>;
        if (part.kind === "stress") return <em key={index}>{part.text}</em>;
        if (part.kind === "link" && part.to.startsWith("#/"))
          return (
            <a key={index} href={part.to}>
              {part.text}
            </a>
          );
        return part.text;
      })}
    </>
  );
}
