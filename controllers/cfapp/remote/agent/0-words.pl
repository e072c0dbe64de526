# Keeps a directory in step, for whoever speaks to it over standard input and output. Core modules only.
#
# A frame is a letter, a length (32 bits, big endian) and so many bytes; fields in it are separated by NUL.
# Nothing is answered before a commit, so that a set of changes takes one round trip; each commit is answered once.
use strict;
use warnings;
use Errno qw(EAGAIN EEXIST ENOENT ENOTEMPTY EINTR);
use Fcntl qw(:mode :seek :flock O_RDONLY O_NOFOLLOW O_NONBLOCK O_WRONLY O_CREAT O_EXCL O_TRUNC);
use IO::Handle;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw(PF_UNIX SOCK_STREAM pack_sockaddr_un);
use POSIX qw(WNOHANG);
use Time::HiRes qw(time);

my ($root, $state, $stage, $socket_path);    # absolute
my $waiting;                                  # a commit whose process is not ready yet

binmode STDIN;
binmode STDOUT;
STDOUT->autoflush(1);
$SIG{PIPE} = 'IGNORE';
umask 022;

sub answer {
    my ($type, @fields) = @_;
    my $body = join "\0", @fields;
    my $bytes = $type . pack('N', length $body) . $body;
    while (length $bytes) {
        my $count = syswrite STDOUT, $bytes;
        # Nobody hears it any more. What has begun is finished all the same, the end of the input ends the rest.
        return unless defined $count || $!{EINTR};
        substr($bytes, 0, $count, '') if $count;
    }
}

sub read_file {
    my ($file) = @_;
    open my $in, '<', $file or return undef;
    binmode $in;
    local $/;
    return scalar <$in>;
}

