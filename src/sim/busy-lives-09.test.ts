import { testBusyLives } from './busy-lives.ts';

testBusyLives(9);
