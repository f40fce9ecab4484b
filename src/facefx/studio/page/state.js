// What is open, and the chain of steps.

export const state = { catalog: null, pictures: [], current: null, steps: [], past: [], future: [], group: null, face: 0, tab: "edit" };

// The steps as the server takes them.
export const plain = () => state.steps.map(({ use, params, on }) => ({ use, params, on }));

export const effectOf = (use) => state.catalog.effects.find((one) => one.use === use);
