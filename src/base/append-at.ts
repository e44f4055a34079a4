/** Puts an item at the end of the list of its key, which begins with it where there is none. */
export function appendAt<Key, Item>(lists: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
