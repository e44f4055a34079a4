import type { DiagnosisCode } from './codes.ts';
import { CONNECTED } from './verdicts/connected.ts';
import { EITHER_STAGE } from './verdicts/either-stage.ts';
import { STAGE_1 } from './verdicts/stage-1.ts';
import { STAGE_2 } from './verdicts/stage-2.ts';
import { STATES } from './verdicts/states.ts';
import type { Verdict } from './verdicts/verdict.ts';

/** What is said of each code. */
export const VERDICTS: Readonly<Record<DiagnosisCode, Verdict>> = {
  ...STAGE_1,
  ...STAGE_2,
  ...EITHER_STAGE,
  ...STATES,
  ...CONNECTED,
};
