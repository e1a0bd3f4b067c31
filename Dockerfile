# One image for web, worker and beat; what it becomes is its command, where it runs is its environment.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=recovery.settings \
    RECOVERY_DATA=/var/lib/recovery STATIC_ROOT=/srv/static \
    WEB_CONCURRENCY=2 BIND=0.0.0.0:8000

WORKDIR /srv/recovery
COPY requirements-server.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-server.txt

COPY . .
RUN useradd --system --uid 10001 --no-create-home recovery \
    && install -d -o recovery "$RECOVERY_DATA" \
    && SECRET_KEY=only-to-collect-files ALLOWED_HOSTS=localhost RECOVERY_DATA=/tmp/build \
       python manage.py collectstatic --noinput

USER recovery
VOLUME /var/lib/recovery
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-m", "recovery.probe"]
CMD ["gunicorn", "--config=python:recovery.serving", "recovery.wsgi"]
