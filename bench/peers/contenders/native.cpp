// hnswlib from C++, compiled for the machine it runs on: the life of a contender is told in contender.ts.
//   g++ -O3 -march=native -I HEADERS native.cpp -o native
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>
#ifdef BUNDLED
#include "hnswlib.h"
#else
#include <hnswlib/hnswlib.h>
#endif

struct Vectors {
  int rows = 0, dim = 0;
  std::vector<float> data;
  const float *row(int i) const { return data.data() + static_cast<size_t>(i) * dim; }
};

static Vectors read_fvecs(const char *path, int limit) {
  std::ifstream file(path, std::ios::binary);
  Vectors found;
  int dim;
  while (found.rows < limit && file.read(reinterpret_cast<char *>(&dim), 4)) {
    found.dim = dim;
    found.data.resize(static_cast<size_t>(found.rows + 1) * dim);
    file.read(reinterpret_cast<char *>(found.data.data() + static_cast<size_t>(found.rows) * dim), 4L * dim);
    found.rows++;
  }
  return found;
}

static double now() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

int main(int, char **arguments) {
  const Vectors base = read_fvecs(arguments[1], std::atoi(arguments[3]));
  const Vectors queries = read_fvecs(arguments[2], 1 << 30);
  const int M = std::atoi(arguments[4]), ef_construction = std::atoi(arguments[5]), k = std::atoi(arguments[6]);
  hnswlib::L2Space space(base.dim);
  std::unique_ptr<hnswlib::HierarchicalNSW<float>> index;
  std::vector<int> ids(static_cast<size_t>(queries.rows) * k);
  std::cout.precision(9);
  std::cout << "ready" << std::endl;
  std::string command, operand;
  while (std::cin >> command >> operand) {
    double begin = now(), end = begin;
    if (command == "build") {
      index = std::make_unique<hnswlib::HierarchicalNSW<float>>(&space, base.rows, M, ef_construction, 100);
      for (int i = 0; i < base.rows; i++) index->addPoint(base.row(i), i);
      end = now();
      index->saveIndex(operand);
    } else if (command == "load") {
      index = std::make_unique<hnswlib::HierarchicalNSW<float>>(&space, operand);
    } else {
      index->setEf(std::stoul(operand));
      begin = now();
      for (int i = 0; i < queries.rows; i++) {
        auto found = index->searchKnn(queries.row(i), k);
        for (int place = static_cast<int>(found.size()) - 1; place >= 0; place--, found.pop()) {
          ids[static_cast<size_t>(i) * k + place] = static_cast<int>(found.top().second);
        }
      }
      end = now();
      std::ofstream(arguments[7], std::ios::binary).write(reinterpret_cast<const char *>(ids.data()), 4L * ids.size());
    }
    std::cout << end - begin << std::endl;
  }
}
