# Asks the supervisor to restart the app, for whoever has put its files in place without an agent. Needs less of perl than
# an agent does.
#
#   perl restarter.pl SOCKET KEY VALUE...
my @how;
($socket_path, @how) = @ARGV;
restart('', @how);
while ($waiting) {
    select undef, undef, undef, 0.02;
    look_whether_ready();
}
