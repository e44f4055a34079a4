import type { Node } from 'yaml';
import { Document, isMap, isSeq, visit } from 'yaml';

/** Our own language, as a person would write it: sections and tunnels on lines of their own, all below on one. */
export function yamlText(value: unknown, comment: string): string {
  // Every scalar is the text that it is, as our reader takes it: 1 needs no quotes.
  const document = new Document(value, { schema: 'failsafe' });
  document.commentBefore = ` ${comment}`;
  visit(document, {
    Collection(_, node, path) {
      const depth = path.filter((ancestor) => isMap(ancestor) || isSeq(ancestor)).length;
      if (depth >= FLOW_DEPTH || isSeq(node) || isEndpoint(node, path)) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Below `tunnels.idc`. */
const FLOW_DEPTH = 3;

/** A gateway or a peer, which has little more than an address; and what stands at the top beside the sections. */
function isEndpoint(node: Node, path: readonly unknown[]): boolean {
  const depth = path.filter((ancestor) => isMap(ancestor)).length;
  return isMap(node) && (depth === 2 ? node.has('address') : depth === 1 && node.has('lifetime'));
}
