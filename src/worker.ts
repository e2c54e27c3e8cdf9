/**
 * The module that every worker thread runs: it knows all tasks by their names.
 *
 * @module
 */
import { hnswBatchTask } from './graph/hnsw/batches.ts';
import { nnJoinTask } from './graph/knn/nn-join.ts';
import { nsgChoiceTask } from './graph/nsg/choice.ts';
import { graphSearchTask } from './index/graph/search-by-graph.ts';
import { serveTasks } from './workers/serve.ts';

serveTasks([hnswBatchTask, nnJoinTask, nsgChoiceTask, graphSearchTask]);
