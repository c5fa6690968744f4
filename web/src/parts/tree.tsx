/** The tree of what may follow: a click on a leaf grows it. */

import { useEffect, useState } from "preact/hooks";

import { next as askNext, post, type Token } from "../api";
import { percent, visible } from "../numbers";
import type { LabProps } from "../screens/play-lab";
import { useAsked } from "../store";
import { Notice } from "./notice";

interface Node {
  parent: number;
  token: Token;
  p: number;
  path_p: number;
  depth: number;
  end: boolean;
}

const BRANCHES = 3;

export function Tree({ which, given }: LabProps) {
  const body = { ...which, ...given, branches: BRANCHES, depth: 2 };
  const key = JSON.stringify(body);
  const begun = useAsked(
    key,
    async (signal) => {
      const [grown, read] = await Promise.all([
        post<{ nodes: Node[] }>("/page/decoding/tree", body, signal),
        askNext(which, given, signal),
      ]);
      return { nodes: grown.nodes, prompt: read.prompt.map((token) => token.id) };
    },
    350,
  );
  const [nodes, setNodes] = useState<Node[]>([]);
  const [error, setError] = useState<Error | null>(null);
  useEffect(() => setNodes(begun.answer?.nodes ?? []), [begun.answer]);

  const grow = async (index: number) => {
    const path: number[] = [];
    for (let at = index; at >= 0; at = nodes[at]!.parent) path.unshift(nodes[at]!.token.id);
    const leaf = nodes[index]!;
    const tokens = [...(begun.answer?.prompt ?? []), ...path];
    const { source } = given;
    const asked = { ...which, tokens, ...(source === undefined ? {} : { source }), branches: BRANCHES, depth: 1 };
    try {
      const grown = await post<{ nodes: Node[] }>("/page/decoding/tree", asked);
      const more = grown.nodes.map((node) => ({
        ...node,
        parent: index,
        depth: leaf.depth + 1,
        path_p: leaf.path_p * node.p,
      }));
      setNodes((old) => [...old, ...more]);
      setError(null);
    } catch (problem) {
      setError(problem as Error);
    }
  };
  if (begun.error) return <Notice error={begun.error} again={begun.again} />;
  return (
    <>
      {error && <Notice error={error} />}
      <Branch {...{ nodes, grow }} parent={-1} />
      <p class="note">The probability of the token after what stands before it; the bar is that of the whole path.</p>
    </>
  );
}

interface BranchProps {
  nodes: Node[];
  parent: number;
  grow: (index: number) => void;
}

function Branch({ nodes, parent, grow }: BranchProps) {
  const children = nodes.map((node, index) => ({ node, index })).filter(({ node }) => node.parent === parent);
  return (
    <ul class={parent < 0 ? "tree" : undefined}>
      {children.map(({ node, index }) => {
        const isLeaf = !nodes.some((each) => each.parent === index);
        return (
          <li key={index}>
            <button
              type="button"
              class="node"
              data-path-p={node.path_p}
              disabled={!isLeaf || node.end}
              onClick={() => grow(index)}
            >
              <span class="mono">{visible(node.token.text)}</span>
              <span class="numbers muted">
                {percent(node.p)}
                <span class="sr">, path {percent(node.path_p)}</span>
              </span>
              <span class="track">
                <i style={{ width: `${100 * node.path_p}%` }} />
              </span>
            </button>
            {!isLeaf && <Branch {...{ nodes, grow }} parent={index} />}
          </li>
        );
      })}
    </ul>
  );
}
