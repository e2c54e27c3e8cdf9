/**
 * The module that every worker thread runs: it knows all tasks by their names.
 *
 * @module
 */
import { hnswBatchTask } from './graph/hnsw/batches.ts';
import { nnJoinTask } from './graph/knn/nn-join.ts';
import { nsgChoiceTask } from './graph/nsg/choice.ts';
import { hnswSearchTask, nsgSearchTask, sq8GraphSearchTask } from './index/graph/graph-search-tasks.ts';
import { rerankTask } from './index/graph/rerank-task.ts';
import { serveTasks } from './workers/serve.ts';

serveTasks([hnswBatchTask, nnJoinTask, nsgChoiceTask, hnswSearchTask, nsgSearchTask, sq8GraphSearchTask, rerankTask]);
