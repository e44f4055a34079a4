/** The same while it is being made: what may be absent is added to it, so that all that has the same parts has one shape. */
export type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
