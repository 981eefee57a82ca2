// Simplified Chinese: the source of the message keys.
import { accessLog } from './access-log';
import { common } from './common';
import { definitions } from './definitions';
import { fields } from './fields';
import { frame } from './frame';
import { list } from './list';
import { login } from './login';
import { record } from './record';
import { search } from './search';

export const zhCN = {
  ...common,
  ...frame,
  ...login,
  ...list,
  ...fields,
  ...record,
  ...search,
  ...definitions,
  ...accessLog,
};
export type MessageKey = keyof typeof zhCN;
export type Messages = Record<MessageKey, string>;
