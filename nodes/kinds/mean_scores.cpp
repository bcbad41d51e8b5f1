#include "nodes/kinds/mean_scores.h"

#include <algorithm>

#include "base/error.h"

namespace actionflow {

namespace {

void check_classes(const std::string& node, const std::vector<Scores>& scores) {
  const ClassList& first = scores.front()->classes;
  for (const Scores& one : scores) {
    if (one->classes != first && *one->classes != *first)
      throw ModelError("'" + node + "': its inputs have different classes (" +
                       class_difference(*first, *one->classes) + "), expected one class list");
  }
}

// How much each counts where there is an action: its share of the probability that there is one.
std::vector<double> shares_of_action(const std::vector<Scores>& scores, const std::vector<double>& shares,
                                     double action) {
  if (action == 0) return shares;
  std::vector<double> result;
  for (std::size_t i = 0; i < scores.size(); ++i)
    result.push_back(shares[i] * double{scores[i]->activity->action} / action);
  return result;
}

template <class Value>
double mean(const std::vector<Scores>& scores, const std::vector<double>& shares, Value value) {
  double sum = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) sum += shares[i] * double{value(*scores[i])};
  return sum;
}

}  // namespace

Scores mean_scores(const std::string& node, const std::vector<Scores>& scores,
                   const std::vector<double>& shares) {
  check_classes(node, scores);
  ClassScores result{{}, scores.front()->classes};
  std::vector<double> by = shares;
  if (std::all_of(scores.begin(), scores.end(), [](const Scores& one) { return one->activity; })) {
    const double action = mean(scores, shares, [](const ClassScores& one) { return one.activity->action; });
    by = shares_of_action(scores, shares, action);
    const double elapsed = mean(scores, by, [](const ClassScores& one) { return one.activity->elapsed; });
    result.activity = {static_cast<float>(action), static_cast<float>(elapsed)};
  }
  for (std::size_t c = 0; c < scores.front()->values.size(); ++c)
    result.values.push_back(
        static_cast<float>(mean(scores, by, [c](const ClassScores& one) { return one.values[c]; })));
  result.none = std::all_of(scores.begin(), scores.end(), [](const Scores& one) { return one->none; });
  return std::make_shared<const ClassScores>(std::move(result));
}

std::string class_difference(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.size() != b.size()) return std::to_string(a.size()) + " and " + std::to_string(b.size());
  std::size_t i = 0;
  while (a[i] == b[i]) ++i;
  return "class " + std::to_string(i) + " is '" + a[i] + "' and '" + b[i] + "'";
}

}  // namespace actionflow
