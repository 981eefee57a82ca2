import { expect, test } from 'vitest';
import { saveBody } from './form-body';
import { createFormStore, formData, placeOf, type Shape } from './form-store';

const SHAPE: Shape = { lines: { lines: new Set(['product']) }, references: new Set(['customer']) };
const STORED = {
  id: 'q1',
  revision: 3,
  customer: { id: 'c1', name: 'ACME' },
  lines: [
    { id: 'l1', position: 1, product: { id: 'p1' }, qty: '1', amount: '10.00' },
    { id: 'l2', position: 2, product: 'p2', qty: '2', amount: '20.00' },
  ],
};

test('a stored record is read with plain references', () => {
  const form = formData(STORED, SHAPE);
  expect(form.values.customer).toBe('c1');
  expect(form.lines.lines?.map((row) => row.values.product)).toEqual(['p1', 'p2']);
  expect(saveBody(form).record).toEqual({});
});

test('saving sends edited fields and the complete list of lines', () => {
  const store = createFormStore(formData(STORED, SHAPE));
  const [first, second] = store.getState().lines.lines ?? [];
  store.getState().setCells('lines', [{ row: first?.key ?? '', column: 'qty', value: '5' }]);
  store.getState().removeLine('lines', second?.key ?? '');
  const added = store.getState().addLine('lines', 1);
  expect(saveBody(store.getState()).record).toEqual({ lines: [{ id: 'l1', qty: '5' }] });
  store.getState().setCells('lines', [{ row: added, column: 'product', value: 'p9' }]);
  expect(saveBody(store.getState()).record).toEqual({ lines: [{ id: 'l1', qty: '5' }, { product: 'p9' }] });
});

test('evaluated values fill what was not edited, and are dropped when they come late', () => {
  const store = createFormStore(formData(undefined, SHAPE));
  const row = store.getState().lines.lines?.[0]?.key ?? '';
  store.getState().setCells('lines', [{ row, column: 'qty', value: '3' }]);
  const { changes } = store.getState();
  const evaluated = { currency: 'USD', lines: [{ qty: '9', price: '2.50', amount: '7.50' }] };
  store.getState().merge(evaluated, { lines: [row] }, changes - 1);
  expect(store.getState().values.currency).toBeUndefined();
  store.getState().merge(evaluated, { lines: [row] }, changes);
  expect(store.getState().values.currency).toBe('USD');
  expect(store.getState().lines.lines?.[0]?.values).toEqual({ qty: '3', price: '2.50', amount: '7.50' });
  expect(saveBody(store.getState()).record).toEqual({ lines: [{ qty: '3' }] });
});

test('an evaluated file stays a file, in the record and in its lines', () => {
  const file = { id: 'f1', name: 'a.png', type: 'image/png', size: 1 };
  const store = createFormStore(formData({ ...STORED, photo: file }, SHAPE));
  const keys = (store.getState().lines.lines ?? []).map((row) => row.key);
  store.getState().set('note', 'x');
  const evaluated = { photo: file, lines: [{ id: 'l1', drawing: file }] };
  store.getState().merge(evaluated, { lines: keys }, store.getState().changes);
  expect(store.getState().values.photo).toEqual(file);
  expect(store.getState().lines.lines?.[0]?.values.drawing).toEqual(file);
});

test('errors find their cell, and the first one gets the focus', () => {
  const store = createFormStore(formData(undefined, SHAPE));
  const sent = { lines: ['a', 'b'] };
  store.getState().showErrors(
    [
      { pointer: '/lines/1/qty', code: 'required', message: 'Quantity is missing.' },
      { pointer: '/customer', code: 'required', message: 'Customer is missing.' },
      { pointer: '/hidden', code: 'required', message: 'Hidden is missing.', suggestion: 'Ask.' },
    ],
    sent,
    (field) => field !== 'hidden',
  );
  const { errors, general, focus } = store.getState();
  expect(errors).toEqual({ 'lines/b/qty': 'Quantity is missing.', customer: 'Customer is missing.' });
  expect(general).toEqual(['Hidden is missing. Ask.']);
  expect(focus).toEqual({ field: 'lines', row: 'b', column: 'qty' });
  expect(placeOf('/lines/7/qty', sent)).toEqual({ field: 'lines' });
  expect(placeOf('', sent)).toBeUndefined();
});
