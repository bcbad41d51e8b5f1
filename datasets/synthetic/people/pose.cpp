#include "datasets/synthetic/people/pose.h"

#include <algorithm>
#include <functional>

namespace actionflow {

namespace {

// Gives `visit` each value of the pose `to` with the same values of the others.
void for_each_value(Pose& to, const std::array<const Pose*, 4>& from,
                    const std::function<void(double&, const std::array<double, 4>&)>& visit) {
  const auto value = [&](auto member) {
    visit(member(to), {member(*from[0]), member(*from[1]), member(*from[2]), member(*from[3])});
  };
  const auto point = [&](auto member) {
    value([&](auto& p) -> auto& { return member(p).x; });
    value([&](auto& p) -> auto& { return member(p).y; });
    value([&](auto& p) -> auto& { return member(p).z; });
  };
  point([](auto& p) -> auto& { return p.pelvis; });
  for (int i = 0; i < 3; ++i) value([i](auto& p) -> auto& { return p.spine[i]; });
  for (std::size_t side = 0; side < 2; ++side) {
    point([side](auto& p) -> auto& { return p.hands[side]; });
    point([side](auto& p) -> auto& { return p.feet[side]; });
  }
  value([](auto& p) -> auto& { return p.nod; });
  value([](auto& p) -> auto& { return p.opened; });
}

}  // namespace

Pose KeyedMovement::at(double phase) const {
  if (phase <= keys_.front().first) return keys_.front().second;
  if (phase >= keys_.back().first) return keys_.back().second;
  std::size_t next = 1;
  while (keys_[next].first < phase) ++next;
  const std::size_t here = next - 1;
  const std::size_t before = here > 0 ? here - 1 : here;
  const std::size_t after = std::min(next + 1, keys_.size() - 1);
  const double span = keys_[next].first - keys_[here].first;
  const double x = (phase - keys_[here].first) / span;
  // Speeds at both keys are those between their neighbours, none at the ends.
  const double into = here > 0 ? span / (keys_[next].first - keys_[before].first) : 0;
  const double out = next < keys_.size() - 1 ? span / (keys_[after].first - keys_[here].first) : 0;
  Pose pose;
  for_each_value(pose,
                 {&keys_[before].second, &keys_[here].second, &keys_[next].second, &keys_[after].second},
                 [&](double& to, const std::array<double, 4>& v) {
                   const double start = (v[2] - v[0]) * into;
                   const double end = (v[3] - v[1]) * out;
                   const double x2 = x * x;
                   const double x3 = x2 * x;
                   to = v[1] * (2 * x3 - 3 * x2 + 1) + start * (x3 - 2 * x2 + x) + v[2] * (3 * x2 - 2 * x3) +
                        end * (x3 - x2);
                 });
  return pose;
}

}  // namespace actionflow
