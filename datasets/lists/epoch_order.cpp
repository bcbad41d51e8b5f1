#include "datasets/lists/epoch_order.h"

#include <map>
#include <numeric>
#include <span>

#include "base/random.h"

namespace actionflow {

namespace {

std::vector<int> shuffled(std::vector<int> items, Random& random) {
  random.shuffle(std::span(items));
  return items;
}

// A class's entries, drawn one after another without end.
class Deck {
 public:
  void add(int entry) { entries_.push_back(entry); }

  int draw(Random& random) {
    if (next_ == 0) entries_ = shuffled(std::move(entries_), random);
    const int entry = entries_[next_];
    next_ = (next_ + 1) % entries_.size();
    return entry;
  }

 private:
  std::vector<int> entries_;
  std::size_t next_ = 0;
};

std::vector<int> balanced_order(const std::vector<VideoEntry>& entries, Random& random) {
  std::map<int, Deck> decks;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::vector<int>& labels = entries[i].labels;
    decks[labels.empty() ? -1 : labels.front()].add(static_cast<int>(i));
  }
  std::vector<int> classes;
  classes.reserve(decks.size());
  for (const auto& [label, deck] : decks) classes.push_back(label);
  std::vector<int> order;
  while (order.size() < entries.size()) {
    classes = shuffled(std::move(classes), random);
    for (const int label : classes) {
      if (order.size() < entries.size()) order.push_back(decks[label].draw(random));
    }
  }
  return order;
}

}  // namespace

std::vector<int> epoch_order(const std::vector<VideoEntry>& entries, bool balanced, std::uint64_t seed,
                             std::uint32_t epoch) {
  Random random(seed, "epoch order", epoch);
  if (balanced) return balanced_order(entries, random);
  std::vector<int> order(entries.size());
  std::iota(order.begin(), order.end(), 0);
  return shuffled(std::move(order), random);
}

int substitute_entry(std::size_t entries, std::uint64_t seed, std::uint32_t epoch, std::uint64_t sample,
                     int attempt) {
  Random random(seed, "substitute", epoch, sample);
  std::uint64_t entry = 0;
  for (int i = 0; i <= attempt; ++i) entry = random.below(entries);
  return static_cast<int>(entry);
}

}  // namespace actionflow
