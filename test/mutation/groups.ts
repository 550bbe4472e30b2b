/** What is mutated together, and the tests that judge it: values without I/O, and the files of modules that decide purely. */
export type Group = { readonly mutate: readonly string[]; readonly tests: readonly string[] };

const kernel = ['packages/kernel/src/*.test.ts'];
const billing = ['server/src/modules/billing/*.test.ts'];
const lifecycle = ['server/src/modules/lifecycle/{decide-*,overtaken,past-windows,resolve,returns,rules}.test.ts'];

export const groups: Readonly<Record<string, Group>> = {
  kernel: { mutate: ['packages/kernel/src/{currency,decimal,fraction,money,period,ratio,zone}.ts'], tests: kernel },
  billing: {
    mutate: [
      'server/src/modules/billing/{charge,dates,ledger,ledger-items,ledger-lines,ledger-terms,ledger-windows,share}.ts',
    ],
    tests: [...billing, ...lifecycle],
  },
  lifecycle: {
    mutate: [
      'server/src/modules/lifecycle/{align,decide,decide-change,decide-details,decide-due,decide-end,decide-intent}.ts',
      'server/src/modules/lifecycle/{decide-move,decide-pause,decide-prices,decide-renewal,decide-switch}.ts',
      'server/src/modules/lifecycle/{draft,end-edge,overtaken,past-windows,quantities,refusals,renewal-prices,returns,rules}.ts',
    ],
    tests: lifecycle,
  },
  planned: {
    mutate: [
      'server/src/modules/lifecycle/{decide-activation,decide-planned,decide-together,decide-transfer}.ts',
      'server/src/modules/lifecycle/{item-deals,next-due,not-before-end,plan-order,pool-moves,resolve,split,switch-reductions}.ts',
    ],
    tests: [
      'server/src/modules/lifecycle/{decide-*,item-deals,next-due,overtaken,plan-order,pool-moves,resolve,returns,rules,split,switch-reductions}.test.ts',
    ],
  },
  sale: {
    mutate: [
      'server/src/modules/subscriptions/{coterm,due}.ts',
      'server/src/modules/policies/policy.ts',
      'server/src/modules/pricing/price.ts',
      'server/src/modules/orders/{place,identify}.ts',
    ],
    tests: [
      'server/src/modules/subscriptions/{coterm,due,history,subscription}.test.ts',
      'server/src/modules/policies/policy.test.ts',
      'server/src/modules/pricing/{exchange,price}.test.ts',
      'server/src/modules/orders/{identify,place,place-terms}.test.ts',
    ],
  },
};
