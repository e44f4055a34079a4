import { testBusyLives } from './busy-lives.ts';

testBusyLives(2_501);
