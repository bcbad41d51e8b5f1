// What is added to positions, and tokens that stand before them. Values of either type, each value's own.
#pragma once

#include <memory>
#include <vector>

#include "models/kernels/kernel.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels {

// Rows of `extents.c` floats, one a position of `extents` (T, H, W; 1 where all along that axis share it).
struct EmbeddingTable {
  Extents extents;
  std::vector<float> rows;
};

// `learned`: the parameter's values, empty for a sinusoid.
EmbeddingTable embedding_table(const PositionEmbedding& operation, const GraphNode& node,
                               std::vector<float> learned);

std::unique_ptr<Kernel> make_position_embedding(EmbeddingTable table, const Layout& in, const Layout& out);
std::unique_ptr<Kernel> make_class_token(const ClassToken& operation, std::vector<float> token,
                                         const Layout& in, const Layout& out);

// `value`: T×H×W×C, the same for each clip.
std::unique_ptr<Kernel> make_constant(std::vector<float> value, const Layout& out);

// The same with a table's, or token's, floats given at each run.
void add_embedding(const Extents& table, const float* rows, const Layout& in, const void* from,
                   const Layout& out, void* to);
void put_class_token(ValueAxis axis, const float* token, const Layout& in, const void* from,
                     const Layout& out, void* to);
void put_constant(const float* value, const Layout& out, void* to);

}  // namespace actionflow::kernels
