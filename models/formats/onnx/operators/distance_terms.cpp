#include "models/formats/onnx/operators/distance_terms.h"

#include <map>
#include <utility>
#include <vector>

namespace actionflow::onnx {
namespace {

// One product, read axis by axis. Each step is false where the product is no such term.
class TermReader {
 public:
  TermReader(const NetworkWriter& network, const VectorProduct& product)
      : product_(product),
        value_(product.value),
        steps_{value_.extents[kHeight] * value_.extents[kWidth], value_.extents[kWidth], 1, 0} {
    term_.queries = value_.layer;
    term_.query = {kWidth, 1, 1};
    term_.key = {kChannels, 1, 1};
    const auto part = network.part_of(value_.layer);
    if (!part || (part->axis != "w" && part->axis != "t")) return;
    term_.queries = part->whole;
    term_.first = part->begin * (part->axis == "t" ? steps_[kTime] : 1);
  }

  std::shared_ptr<const Scores> read() {
    for (std::size_t i = 0; i < product_.letters.size(); ++i)
      if (!read_axis(product_.letters[i], value_.view.dims[i])) return nullptr;
    if (!number_heads() || !read_vectors()) return nullptr;
    Scores scores;
    for (const char letter : product_.of_result) scores.view.dims.push_back(dims_[letter]);
    scores.extents = {1, value_.extents[kChannels] / head_, value_.extents[kTime] * steps_[kTime],
                      term_.key.extent};
    ScoreBias bias;
    bias.terms.push_back(std::move(term_));
    scores.biases.push_back(std::make_shared<const ScoreBias>(std::move(bias)));
    return std::make_shared<const Scores>(std::move(scores));
  }

 private:
  static bool names(const std::string& letters, char letter) {
    return letters.find(letter) != std::string::npos;
  }

  // Of the value: a head's numbers, which are summed, the heads, or places of queries.
  bool read_axis(char letter, const Dim& dim) {
    if (!names(product_.of_result, letter)) {
      if (head_ != 0 || dim.size() != 1 || dim[0].axis != kChannels || dim[0].stride != 1) return false;
      head_ = dim[0].extent;
      summed_ = letter;
      return true;
    }
    Dim& own = dims_[letter];
    for (const Piece& piece : dim) {
      if (piece.axis == kChannels)
        own.push_back(piece);
      else
        own.push_back({kWidth, piece.extent, piece.stride * steps_[static_cast<std::size_t>(piece.axis)]});
    }
    if (!names(product_.of_vectors, letter) || dim.empty()) return true;
    if (dim.size() != 1 || dim[0].axis == kChannels || along_ != 0) return false;
    along_ = letter;
    term_.query = own.front();
    return true;
  }

  bool number_heads() {
    if (head_ == 0 || value_.extents[kChannels] % head_ != 0) return false;
    for (auto& [letter, dim] : dims_)
      for (Piece& piece : dim) {
        if (piece.axis != kChannels) continue;
        if (piece.stride % head_ != 0) return false;
        piece = {kHeight, piece.extent, piece.stride / head_};
      }
    return true;
  }

  // Of the vectors' axes the one that neither the queries' places nor the numbers count is the keys'.
  bool read_vectors() {
    const std::vector<std::int64_t> steps = steps_of(product_.vectors.shape);
    std::int64_t query_step = 0, key_step = 0, number_step = 0;
    for (std::size_t i = 0; i < product_.of_vectors.size(); ++i) {
      const char letter = product_.of_vectors[i];
      const std::int64_t extent = product_.vectors.shape[i];
      if (extent == 1) continue;
      if (letter == summed_) {
        number_step = steps[i];
      } else if (letter == along_) {
        query_step = steps[i];
      } else if (!names(product_.letters, letter) && term_.key.extent == 1) {
        term_.key.extent = extent;
        key_step = steps[i];
        dims_[letter] = {term_.key};
      } else {
        return false;
      }
    }
    const Shape shape{term_.query.extent, term_.key.extent, head_};
    term_.vectors = Tensor(shape);
    walk(shape, {query_step, key_step, number_step}, 0,
         [&](std::int64_t i, std::int64_t at) { term_.vectors[i] = product_.vectors.real(at); });
    return true;
  }

  const VectorProduct& product_;
  const Value& value_;
  AxisExtents steps_;  // positions between two steps of an axis
  DistanceTerm term_;
  std::map<char, Dim> dims_;  // of the scores
  char summed_ = 0, along_ = 0;
  std::int64_t head_ = 0;  // numbers of a head
};

}  // namespace

std::shared_ptr<const Scores> distance_terms(const NetworkWriter& network, const VectorProduct& product) {
  return TermReader(network, product).read();
}

}  // namespace actionflow::onnx
