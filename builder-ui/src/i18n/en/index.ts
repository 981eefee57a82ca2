// English, loaded when it is chosen. A missing key is a type error.
import type { Messages } from '../zh-CN';
import { accessLog } from './access-log';
import { common } from './common';
import { definitions } from './definitions';
import { fields } from './fields';
import { frame } from './frame';
import { list } from './list';
import { login } from './login';
import { record } from './record';
import { search } from './search';

export const en: Messages = {
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
