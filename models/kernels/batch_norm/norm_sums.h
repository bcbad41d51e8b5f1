// Batch norm's sums over rows: by channel mean and Σ(x − mean)² in forward, Σg and Σg·(x − mean) in backward.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace actionflow::training {

struct NormSums {
  double *first = nullptr, *second = nullptr;
};

struct ConstNormSums {
  ConstNormSums() = default;
  ConstNormSums(const double* its_first, const double* its_second) : first(its_first), second(its_second) {}
  ConstNormSums(const NormSums& sums) : first(sums.first), second(sums.second) {}
  const double *first = nullptr, *second = nullptr;
};

// Mean and Σ(x − mean)² of two parts together (Chan, Golub, LeVeque 1979).
inline void merge(double count, double mean, double squares, double& to_count_mean, double& to_squares,
                  double to_count) {
  const double total = to_count + count, apart = mean - to_count_mean;
  to_count_mean += apart * (count / total);
  to_squares += squares + apart * apart * (count * to_count / total);
}

// Those of all parts of a batch, as they stand in BatchSums: of each its rows, then both lists of channels.
class PartNormSums {
 public:
  PartNormSums(std::span<const double> parts, std::int64_t channels) : parts_(parts), channels_(channels) {}

  static std::size_t size(std::int64_t channels) { return 1 + 2 * static_cast<std::size_t>(channels); }
  static void store(double rows, ConstNormSums sums, std::int64_t channels, std::span<double> part) {
    part[0] = rows;
    std::copy_n(sums.first, channels, part.data() + 1);
    std::copy_n(sums.second, channels, part.data() + 1 + channels);
  }

  std::size_t count() const { return parts_.size() / size(channels_); }
  double rows_of(std::size_t part) const { return parts_[part * size(channels_)]; }
  double rows() const {
    double rows = 0;
    for (std::size_t part = 0; part < count(); ++part) rows += rows_of(part);
    return rows;
  }
  ConstNormSums of(std::size_t part) const {
    const double* at = parts_.data() + part * size(channels_) + 1;
    return {at, at + channels_};
  }

  // Of forward and of backward; `to` is zero. In the order of parts.
  void merge_into(const NormSums& to) const {
    double before = 0;
    for (std::size_t part = 0; part < count(); ++part) {
      const ConstNormSums sums = of(part);
      for (std::int64_t c = 0; c < channels_; ++c)
        merge(rows_of(part), sums.first[c], sums.second[c], to.first[c], to.second[c], before);
      before += rows_of(part);
    }
  }
  void add_into(const NormSums& to) const {
    for (std::size_t part = 0; part < count(); ++part) {
      const ConstNormSums sums = of(part);
      for (std::int64_t c = 0; c < channels_; ++c) {
        to.first[c] += sums.first[c];
        to.second[c] += sums.second[c];
      }
    }
  }

 private:
  std::span<const double> parts_;
  std::int64_t channels_;
};

}  // namespace actionflow::training
