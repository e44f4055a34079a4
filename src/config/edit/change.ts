export const SECTIONS = { gateway: 'gateways', peer: 'peers', tunnel: 'tunnels' } as const;

export type ObjectKind = keyof typeof SECTIONS;

/** Values by dotted key, such as `ike.dhGroup`; behind `labels.` all of the rest is the label's name. */
export type Values = Readonly<Record<string, unknown>>;

/** One change of the configuration by its objects. */
export type ConfigurationChange =
  | { readonly change: 'create'; readonly kind: ObjectKind; readonly name: string; readonly set: Values }
  | {
      readonly change: 'edit';
      readonly kind: ObjectKind;
      readonly name: string;
      readonly set: Values;
      readonly unset: readonly string[];
    }
  | { readonly change: 'rename'; readonly kind: ObjectKind; readonly name: string; readonly to: string }
  | { readonly change: 'delete'; readonly kind: ObjectKind; readonly names: readonly string[] };

/** Why a change cannot be made, in words for the operator. */
export class ChangeRefusal extends Error {
  readonly why: 'not-found' | 'conflict' | 'bad-request';

  constructor(why: ChangeRefusal['why'], message: string) {
    super(message);
    this.name = 'ChangeRefusal';
    this.why = why;
  }
}
