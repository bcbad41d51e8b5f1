#include "pipeline/sharing/camera_group.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>
#include <thread>

#include "base/error.h"
#include "base/hash.h"
#include "base/log/log.h"
#include "base/machine/boot_clock.h"
#include "nodes/sinks/mqtt_messages.h"

namespace actionflow {

namespace {

// What was read before the lease ran out is through the graph by then, and clocks may differ a little.
constexpr double kMarginSeconds = 1;
constexpr double kEchoSeconds = 5;
constexpr std::chrono::milliseconds kLook{100};
constexpr std::chrono::milliseconds kNextTry{500};
constexpr std::chrono::seconds kFarewell{1};

// Of this process, and of no other.
std::string process_name() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0 || host[0] == '\0') return "machine";
  return topic_level(fmt::format("{}-{:08x}", host.data(), std::random_device()()));
}

std::uint64_t hash_of(const std::set<std::string>& names) {
  std::uint64_t hashed = kFnvStart;
  for (const std::string& name : names) hashed = fnv1a("\n", fnv1a(name, hashed));
  return hashed;
}

}  // namespace

std::shared_ptr<Lease> CameraGroup::make_lease() {
  return std::make_shared<Lease>(kLeaseSeconds - kMarginSeconds, boot_clock());
}

CameraGroup::CameraGroup(const ShareOptions& options, std::shared_ptr<Lease> lease)
    : options_(options), lease_(std::move(lease)), name_(process_name()), view_(kLeaseSeconds) {}

void CameraGroup::set_cameras(const std::vector<std::string>& cameras) {
  {
    const std::lock_guard lock(mutex_);
    cameras_ = {cameras.begin(), cameras.end()};
  }
  wake_.wake();
}

std::set<std::string> CameraGroup::cameras() const {
  const std::lock_guard lock(mutex_);
  return cameras_;
}

void CameraGroup::start(Hold hold) {
  hold_ = std::move(hold);
  ended_ = false;
  std::thread([self = shared_from_this()] { self->run(); }).detach();
}

void CameraGroup::leave() {
  std::unique_lock lock(mutex_);
  leaving_ = true;
  hold_ = nullptr;
  wake_.wake();
  changed_.wait_for(lock, kFarewell, [this] { return ended_; });
}

void CameraGroup::run() {
  while (!leaving_) {
    take_part();
    client_.reset();
    if (!leaving_) std::this_thread::sleep_for(kNextTry);
    if (!lease_->holds()) close_all();
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

// Until we leave, or the broker is lost.
void CameraGroup::take_part() try {
  join();
  while (!leaving_) {
    tick();
    rest();
  }
  say_farewell();
} catch (...) {
  note_trouble(Failure::from_current_exception().message);
}

void CameraGroup::join() {
  old_id_ = std::exchange(id_, fmt::format("{}-{}", name_, ++connections_));
  leased_ = false;
  client_ =
      std::make_unique<MqttClient>(options_.address(), MqttClient::Will{members_topic(id_), ""}, kKeepAlive);
  view_.begin(id_);
  const auto take = [this](const std::string& topic, const std::string& payload) {
    const std::string prefix = members_topic("");
    if (topic == alive_topic()) {
      beats_heard_ = std::max<std::int64_t>(beats_heard_, std::atoll(payload.c_str()));
    } else if (topic.starts_with(prefix)) {
      view_.hear(topic.substr(prefix.size()), payload, boot_clock().steady_ns());
      again_ = true;
    }
  };
  client_->subscribe(alive_topic(), take);
  client_->subscribe(members_topic("+"), take);
  // Whoever watches already goes on under the lease that it has.
  const std::set<std::string> watched = may_be_watched();
  say({name_, options_.capacity, !watched.empty(), hash_of(cameras()), watched});
}

// Everything that the broker had before it has been heard when a beat comes back.
void CameraGroup::beat() {
  const std::int64_t number = ++beats_;
  client_->publish(alive_topic(), std::to_string(number), false);
  const Deadline deadline(kEchoSeconds);
  while (beats_heard_ < number) {
    if (deadline.passed())
      throw Error(ExitCode::failure,
                  fmt::format("what is sent to {} does not come back in time; we have to be "
                              "let read and write {}/#",
                              alive_topic(), options_.group));
    client_->idle(-1, kLook);
  }
}

void CameraGroup::keep_lease(std::int64_t sent_ns) {
  const bool goes_on = leased_ || !may_be_watched().empty();
  if (!goes_on)
    lease_->begin(sent_ns);
  else if (!lease_->renew(sent_ns))
    throw Error(ExitCode::failure, "the broker was not heard in time");
  leased_ = true;
}

void CameraGroup::tick() {
  again_ = false;
  wake_.clear();
  const std::int64_t sent_ns = boot_clock().steady_ns();
  beat();
  again_ = false;  // what was heard meanwhile is looked at now
  const GroupMember* own = view_.own();
  if (!own || *own != said_) throw Error(ExitCode::failure, "somebody else wrote to " + members_topic(id_));
  if (view_.take_arrival()) say(said_);
  keep_lease(sent_ns);
  if (!old_id_.empty()) take_back(std::exchange(old_id_, ""));
  for (const std::string& id : view_.abandoned(boot_clock().steady_ns())) take_back(id);
  in_trouble_ = false;
  decide();
}

// Without claims first: they are void at once.
void CameraGroup::take_back(const std::string& id) {
  GroupMember nobody;
  nobody.name = name_;
  client_->publish(members_topic(id), nobody.to_json(), true);
  client_->publish(members_topic(id), "", true);
}

void CameraGroup::decide() {
  const std::int64_t now_ns = boot_clock().steady_ns();
  const std::set<std::string> all = cameras();
  GroupMember self = said_;
  self.ready = self.ready || !view_.listening(now_ns);
  self.known = hash_of(all);
  const std::vector<GroupMember> members = view_.members(self);
  std::set<std::string> ours, open;
  for (const std::string& camera : all) {
    const bool held = held_.contains(camera);
    const GroupMember* watcher = watcher_of(camera, members);
    const bool falls_to_us = view_.listening(now_ns) ? held : watcher && watcher->name == name_;
    if (!falls_to_us) continue;
    ours.insert(camera);
    if (held || (said_.cameras.contains(camera) && !view_.claimed_by_other(camera, now_ns)))
      open.insert(camera);
  }
  tell(members.size(), ours.size(), all.size());
  tell_other_lists(members, self.known);
  hold(std::move(open));
  self.cameras = may_be_watched();
  self.cameras.insert(ours.begin(), ours.end());
  if (self != said_) say(self);
}

void CameraGroup::say(const GroupMember& self) {
  client_->publish(members_topic(id_), self.to_json(), true);
  said_ = self;
  again_ = true;
}

// One change after the other, so that it is known what may be watched meanwhile.
void CameraGroup::hold(std::set<std::string> cameras) {
  if (applying_ || cameras == held_) return;
  applying_ = true;
  if (ask(cameras))
    before_ = std::exchange(held_, std::move(cameras));
  else
    applying_ = false;
}

bool CameraGroup::ask(const std::set<std::string>& cameras) {
  const std::lock_guard lock(mutex_);
  return hold_ && hold_(cameras, [self = shared_from_this()] {
           self->applying_ = false;
           self->wake_.wake();
         });
}

std::set<std::string> CameraGroup::may_be_watched() const {
  std::set<std::string> cameras = held_;
  if (applying_) cameras.insert(before_.begin(), before_.end());
  return cameras;
}

void CameraGroup::rest() {
  const Deadline next(std::chrono::duration<double>(kBeat).count());
  while (!again_ && !leaving_ && !next.passed()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next.left());
    client_->idle(wake_.descriptor(), left + std::chrono::milliseconds(1));
    pollfd woken{wake_.descriptor(), POLLIN, 0};
    if (poll(&woken, 1, 0) > 0) return;
  }
}

void CameraGroup::say_farewell() {
  take_back(id_);
  client_->disconnect();
}

void CameraGroup::close_all() {
  while (!leaving_ && (applying_ || !held_.empty())) {
    hold({});
    pollfd woken{wake_.descriptor(), POLLIN, 0};
    poll(&woken, 1, static_cast<int>(kLook.count()));
    wake_.clear();
  }
}

void CameraGroup::note_trouble(const std::string& why) {
  if (std::exchange(in_trouble_, true)) return;
  log::warn("group '{}': {}; {}", options_.group, why,
            held_.empty() ? "no camera is watched until its broker is there"
                          : "if its broker is not back soon, our cameras are left to others");
  told_ = {0, 0};
}

void CameraGroup::tell(std::size_t machines, std::size_t ours, std::size_t all) {
  if (std::exchange(told_, {machines, ours}) == std::pair(machines, ours) || machines == 0) return;
  log::info("group '{}': {} machine{}, {} of {} cameras fall to us", options_.group, machines,
            machines == 1 ? "" : "s", ours, all);
}

void CameraGroup::tell_other_lists(const std::vector<GroupMember>& members, std::uint64_t known) {
  for (const GroupMember& member : members) {
    if (member.known == known || !other_lists_.emplace(member.name, member.known).second) continue;
    log::warn(
        "group '{}': {} has other cameras in its pipeline file; those that not all know may be watched by "
        "nobody until the files are the same",
        options_.group, member.name);
  }
}

}  // namespace actionflow
