// Pools in training: forward beside plain loops, backward beside differences.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/kernels/train_kernel_bench.h"
#include "tests/models/reference.h"

namespace actionflow::testing {
namespace {

GraphMaker pool_of(const Extents& in, const Pooling& pool) {
  GraphMaker maker(in);
  maker.pooling(-1, pool);
  return maker;
}

std::vector<Pooling> windows(Pooling::Kind kind) {
  return {
      {.kind = kind, .kernel = {2, 2, 2}, .stride = {2, 2, 2}},
      {.kind = kind, .kernel = {1, 3, 3}, .stride = {1, 2, 2}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}},
      {.kind = kind, .kernel = {3, 3, 3}, .stride = {1, 1, 1}, .pad_begin = {1, 1, 1}, .pad_end = {1, 1, 1}},
      {.kind = kind, .kernel = {3, 2, 3}, .stride = {2, 1, 3}, .pad_begin = {1, 0, 0}, .pad_end = {0, 1, 2}},
      {.kind = kind, .kernel = {2, 2, 2}, .stride = {3, 3, 3}},  // leaves inputs out
      {.kind = kind, .kernel = {4, 7, 8}, .stride = {1, 1, 1}},  // all of it: a vector
  };
}

TEST(TrainPooling, MaximaAndTheirGradients) {
  for (const Pooling& pool : windows(Pooling::Kind::max))
    for (const std::int64_t channels : {3, 16, 20}) {
      SCOPED_TRACE(::testing::Message()
                   << pool.kernel[0] << pool.kernel[1] << pool.kernel[2] << ", " << channels);
      expect_trains(pool_of({channels, 4, 7, 8}, pool));
    }
}

TEST(TrainPooling, MeansAndTheirGradients) {
  for (Pooling pool : windows(Pooling::Kind::average))
    for (const bool count_padding : {false, true})
      for (const std::int64_t channels : {3, 16, 20}) {
        SCOPED_TRACE(::testing::Message()
                     << pool.kernel[0] << pool.kernel[1] << pool.kernel[2] << ", " << channels);
        pool.count_padding = count_padding;
        expect_trains(pool_of({channels, 4, 7, 8}, pool));
      }
}

TEST(TrainPooling, WindowsOfMoreThan256TapsRememberTheirWinner) {
  expect_trains(pool_of({16, 3, 12, 12}, {.kernel = {3, 10, 10}, .stride = {1, 1, 1}}));
  expect_trains(pool_of({3, 3, 12, 12}, {.kernel = {3, 10, 10}, .stride = {1, 2, 2}}));
}

TEST(TrainPooling, TheFirstOfEqualsTakesTheGradient) {
  TrainKernelBench bench(pool_of({16, 2, 4, 4}, {.kernel = {2, 2, 2}, .stride = {2, 2, 2}}), {.batch = 1});
  for (float& x : bench.input().values()) x = 2;
  Tensor gradient = bench.forward();
  for (float& g : gradient.values()) g = 1;
  const Tensor result = bench.backward(gradient).inputs[0];
  for (std::int64_t c = 0; c < 16; ++c)
    for (std::int64_t t = 0; t < 2; ++t)
      for (std::int64_t h = 0; h < 4; ++h)
        for (std::int64_t w = 0; w < 4; ++w)
          EXPECT_EQ(result[((c * 2 + t) * 4 + h) * 4 + w], t == 0 && h % 2 == 0 && w % 2 == 0 ? 1 : 0);
}

TEST(TrainPooling, AMaximumPassesOnWhatIsNotANumber) {
  TrainKernelBench bench(pool_of({16, 1, 2, 4}, {.kernel = {1, 2, 2}, .stride = {1, 2, 2}}), {.batch = 1});
  bench.input()[0] = NAN;
  bench.input()[3] = NAN;
  const Tensor value = bench.forward();
  EXPECT_TRUE(std::isnan(value[0]));
  EXPECT_TRUE(std::isnan(value[1]));
  EXPECT_TRUE(std::isfinite(value[2]));
}

TEST(TrainPooling, ReadsNoValueBack) {
  for (const Pooling::Kind kind : {Pooling::Kind::max, Pooling::Kind::average}) {
    TrainKernelBench bench(pool_of({16, 2, 4, 4}, {.kind = kind, .kernel = {2, 2, 2}, .stride = {2, 2, 2}}));
    const training::BackwardReads reads = bench.kernel().backward_reads();
    EXPECT_FALSE(reads.inputs[0] || reads.output);
  }
}

}  // namespace
}  // namespace actionflow::testing
